"""Pictures that pages carry as `data:`, which the policy allows for pictures alone."""

import segno


def qr_picture(text: str) -> str:
    """A QR code as the address of a picture: dark on white in any theme, as phones want it."""
    return str(segno.make(text, error="m").svg_data_uri(scale=5, border=3, dark="#000", light="#fff"))
