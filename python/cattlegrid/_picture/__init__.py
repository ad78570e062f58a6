"""What the drop-in replacements draw with: settings in Pillow's notation, pictures by the Rust core.

`look` has what they call; `pillow` is imported only where a site asks for what Pillow alone can do.
"""
