"""Names and phone numbers as lists show them: enough to recognise, not enough to take away."""

from __future__ import annotations


def mask_name(name: str) -> str:
    """Return the family name's first character and one star: 张*; nothing stays nothing."""
    return f"{name[0]}*" if name else ""


def mask_phone(phone: str) -> str:
    """Return a phone number with its middle hidden: 138****1234; a short one hidden whole."""
    digits = "".join(c for c in phone if c in "0123456789")
    if not phone:
        return ""
    return f"{digits[:3]}****{digits[-4:]}" if len(digits) >= 10 else "****"


def is_mobile(phone: str) -> bool:
    """Return whether a number is a person's mobile one: 11 digits from 1 on; an office's land-line is nobody's."""
    digits = "".join(c for c in phone if c in "0123456789").removeprefix("86")
    return len(digits) == 11 and digits[0] == "1"


def mask_mobile(phone: str) -> str:
    """Return a mobile number masked, and an office's land-line as it is."""
    return mask_phone(phone) if is_mobile(phone) else phone
