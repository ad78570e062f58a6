"""The API: one endpoint for each way to guard one."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from rest_framework import generics, serializers

from cattlegrid.drf import CaptchaRequired, CaptchaSerializerMixin
from cattlegrid.rest_captcha.serializers import RestCaptchaSerializer

from .models import Comment, Letter


class AccountSerializer(serializers.ModelSerializer):
    """A new account; its password is never shown."""

    password = serializers.CharField(write_only=True, validators=[validate_password])

    class Meta:
        model = User
        fields = ("username", "password")

    def create(self, validated_data: dict[str, str]) -> User:
        """Keeps the password's hash, not the password."""
        return User.objects.create_user(**validated_data)


class SignUp(generics.CreateAPIView):
    """Guarded by a permission: the view does not run unless the token passed."""

    serializer_class = AccountSerializer
    permission_classes = (CaptchaRequired,)
    captcha_action = "sign-up"


class CommentSerializer(CaptchaSerializerMixin, serializers.ModelSerializer):
    """Guarded by a mixin: the token is one more field of the serializer."""

    captcha_action = "comment"

    class Meta:
        model = Comment
        fields = ("name", "text")


class Comments(generics.ListCreateAPIView):
    """Everybody reads, people write."""

    queryset = Comment.objects.all()
    serializer_class = CommentSerializer


class LetterSerializer(RestCaptchaSerializer, serializers.ModelSerializer):
    """Guarded as with django-rest-captcha: a key and what the picture says."""

    class Meta:
        model = Letter
        fields = ("email", "text", "captcha_key", "captcha_value")


class Letters(generics.CreateAPIView):
    """To the host alone."""

    serializer_class = LetterSerializer
