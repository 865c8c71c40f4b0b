"""What waits between a form and the page that follows it, for minutes."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from calmboard.db import Base, UtcDateTime
from calmboard.models.columns import Id


class WaitingSecret(Base):
    """A secret that a page of one session shows once, encrypted under a key that nothing here holds.

    `digest` is that of the session and the page's path. Where `is_last`, the row goes as it is shown.
    """

    __tablename__ = "waiting_secrets"

    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    session_id: Mapped[str] = mapped_column(Id, ForeignKey("sessions.id", ondelete="CASCADE"), index=True)
    ciphertext: Mapped[bytes] = mapped_column(LargeBinary)
    is_shown: Mapped[bool] = mapped_column(default=False)
    is_last: Mapped[bool] = mapped_column(default=False)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class KeptForm(Base):
    """A form that was sent after its session had ended, without passwords; `digest` is that of its browser's token."""

    __tablename__ = "kept_forms"

    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PasskeyChallenge(Base):
    """What a passkey is to sign, once, for one purpose and in one browser: `digest` is that of all three."""

    __tablename__ = "passkey_challenges"

    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
