"""People and what they are to parks."""

from __future__ import annotations

from django.core.validators import validate_email

from lichen.web.models import User


def invited(address: str, name: str = "") -> User:
    """Return the person with an address; who is not known yet is made, without a password.

    Raises
    ------
    ValidationError
        If it is no e-mail address.
    """
    address = address.strip().lower()
    validate_email(address)
    return User.objects.filter(email=address).first() or User.objects.create_user(address, name=name[:150])
