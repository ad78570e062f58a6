"""What the site keeps beside its accounts."""

from __future__ import annotations

from django.db import models


class Comment(models.Model):
    """What a guest wrote in the book."""

    name = models.CharField(max_length=80)
    text = models.CharField(max_length=500)

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.name}: {self.text}"


class Letter(models.Model):
    """What a guest wrote to the host alone."""

    email = models.EmailField()
    text = models.CharField(max_length=2000)

    def __str__(self) -> str:
        return self.email
