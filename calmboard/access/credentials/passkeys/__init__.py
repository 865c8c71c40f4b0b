"""Passkeys (WebAuthn level 3): a device of the person signs what the server asks it to, instead of the password or beside it."""
