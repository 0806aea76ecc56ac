"""Changes of the shop's settings, staff and keys; each writes its audit entry in the same transaction.

``by`` is who does it. Refused carries a sentence for the reader.
"""

import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from django.db import OperationalError
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from regulars.shop import queries
from regulars.shop.models import ApiKey, Approval, AuditEntry, OneTimeLink, Shop, User
from regulars.storage.transactions import run_tx
from regulars.web.access import Actor, Role, Scope

TERMINAL = Actor(name="terminal", subject="terminal")
SETUP_VALID = timedelta(days=1)
SIGN_IN_VALID = timedelta(minutes=15)
INVITATION_VALID = timedelta(days=7)
# A key's last use is noted at most this often: it is for people who tidy up, and costs a write.
USE_NOTED_EVERY = timedelta(minutes=5)


Watcher = Callable[[Collection[str]], None]
_WATCHERS: list[Watcher] = []


class Refused(ValueError):
    """The change was not made; the message says why, in the reader's language."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made. ``secret`` exists here and nowhere else."""

    id: UUID
    secret: str


def record(
    by: Actor, action: str, target: str = "", details: Mapping[str, Any] | None = None, *, at: datetime | None = None
) -> None:
    """Write one line of the audit trail; call it inside the transaction of the change."""
    AuditEntry.objects.create(
        at=at or timezone.now(),
        actor=(by.name or by.subject)[:120],
        action=action,
        target=target[:120],
        details=dict(details or {}),
    )


# The shop.


def ensure_shop(
    *, name: str, currency: str, zone: str, country: str, is_sample: bool, as_of: str, by: Actor = TERMINAL
) -> None:
    """Make the shop if there is none; the one that is there stays as it is."""

    def verb() -> None:
        values = {
            "name": name,
            "currency": currency,
            "zone": zone,
            "country": country,
            "is_sample": is_sample,
            "as_of": as_of,
        }
        _shop, created = Shop.objects.get_or_create(id=1, defaults=values)
        if created:
            record(by, "shop.created", name, values)

    run_tx(verb)


def watch_settings(watcher: Watcher) -> Watcher:
    """Have a room above told the names of settings that have changed."""
    _WATCHERS.append(watcher)
    return watcher


def update_settings(values: Mapping[str, Any], *, by: Actor) -> list[str]:
    """Change the shop's settings (those of ``Shop``); answers the names of those that changed."""

    def verb() -> list[str]:
        shop = Shop.objects.select_for_update().get(id=1)
        changed = {name: [getattr(shop, name), value] for name, value in values.items() if getattr(shop, name) != value}
        for name, (_before, after) in changed.items():
            setattr(shop, name, after)
        if changed:
            shop.save(update_fields=list(changed))
            record(by, "shop.changed", shop.name, changed)
        return list(changed)

    changed = run_tx(verb)
    for watcher in _WATCHERS:
        watcher(changed)
    return changed


# Links that work once.


def issue_setup_link() -> str:
    """A fresh path that opens set-up; earlier ones stop working. For the terminal: its reader owns the machine."""

    def verb() -> str:
        OneTimeLink.objects.filter(purpose=OneTimeLink.Purpose.SET_UP).delete()
        return _issue(OneTimeLink.Purpose.SET_UP, None, SETUP_VALID)

    return reverse("setup_owner", args=[run_tx(verb)])


def sign_in_link(email: str) -> str | None:
    """A path that signs this person in, once, within 15 minutes; None where nobody active has the address."""
    user = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    if user is None:
        return None

    def verb() -> str:
        OneTimeLink.objects.filter(purpose=OneTimeLink.Purpose.SIGN_IN, user=user).delete()
        record(TERMINAL, "staff.link_issued", user.email)
        return _issue(OneTimeLink.Purpose.SIGN_IN, user, SIGN_IN_VALID)

    return reverse("sign_in_by_link", args=[run_tx(verb)])


def _issue(purpose: str, user: User | None, valid: timedelta) -> str:
    token = secrets.token_urlsafe(32)
    OneTimeLink.objects.create(
        purpose=purpose, token_hash=queries.hash_secret(token), user=user, expires_at=timezone.now() + valid
    )
    return token


def _take(token: str, purpose: str) -> OneTimeLink:
    """Use a link up. Of two takers at once the second finds it used: the condition is inside the write."""
    now = timezone.now()
    links = OneTimeLink.objects.filter(token_hash=queries.hash_secret(token), purpose=purpose)
    if not links.filter(used_at=None, expires_at__gt=now).update(used_at=now):
        raise Refused(_("This link has been used or has run out. Ask for a new one."))
    return links.select_related("user").get()


def use_sign_in_link(token: str) -> User:
    """The person a sign-in link belongs to. Raises Refused for a link used, run out or unknown."""

    def verb() -> User:
        user = _take(token, OneTimeLink.Purpose.SIGN_IN).user
        if user is None or not user.is_active:
            raise Refused(_("This account has been closed. The owner of the shop can open it again."))
        record(queries.actor_of_user(user), "staff.signed_in_by_link", user.email)
        return user

    return run_tx(verb)


# Staff.


def create_owner(email: str, *, name: str, password: str | None) -> None:
    """The first owner, made from the terminal (``regulars demo``); without a password, sign-in is by link alone."""
    run_tx(lambda: _first_owner(email, name, password, TERMINAL))


def set_up_owner(token: str, *, email: str, name: str, password: str) -> User:
    """The first owner, made by whoever holds the set-up link. Raises Refused for a bad link or a second owner."""

    def verb() -> User:
        _take(token, OneTimeLink.Purpose.SET_UP)
        return _first_owner(email, name, password, Actor(name=email, subject="set-up"))

    return run_tx(verb)


def _first_owner(email: str, name: str, password: str | None, by: Actor) -> User:
    if queries.has_owner():
        raise Refused(_("This shop has an owner already. Sign in, or ask them for an invitation."))
    user = _new_user(email, name, Role.OWNER, password)
    record(by, "staff.owner_created", user.email)
    return user


def _new_user(email: str, name: str, role: str, password: str | None) -> User:
    user = User.objects.create_user(email, password, role=role, name=name.strip())
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    return user


def invite(email: str, *, name: str, role: str, by: Actor) -> str:
    """Add a person who cannot sign in yet; answers the path of the invitation, valid for 7 days, to pass on."""

    def verb() -> str:
        if User.objects.filter(email=email.strip().lower()).exists():
            raise Refused(_("Somebody with this e-mail address is in the team already."))
        user = _new_user(email, name, Role(role), None)
        record(by, "staff.invited", user.email, {"role": role})
        return _issue(OneTimeLink.Purpose.INVITATION, user, INVITATION_VALID)

    return reverse("invitation", args=[run_tx(verb)])


def invite_again(user_id: UUID, *, by: Actor) -> str:
    """A new invitation for a person who has not accepted yet, or who lost the password; earlier ones stop working."""

    def verb() -> str:
        user = _person(user_id)
        OneTimeLink.objects.filter(purpose=OneTimeLink.Purpose.INVITATION, user=user).delete()
        record(by, "staff.invited_again", user.email)
        return _issue(OneTimeLink.Purpose.INVITATION, user, INVITATION_VALID)

    return reverse("invitation", args=[run_tx(verb)])


def accept_invitation(token: str, *, password: str) -> User:
    """Set the password of the person invited. Raises Refused for a bad link."""

    def verb() -> User:
        user = _take(token, OneTimeLink.Purpose.INVITATION).user
        if user is None or not user.is_active:
            raise Refused(_("This account has been closed. The owner of the shop can open it again."))
        user.set_password(password)
        user.save(update_fields=["password"])
        record(queries.actor_of_user(user), "staff.joined", user.email)
        return user

    return run_tx(verb)


def change_role(user_id: UUID, role: str, *, by: Actor) -> None:
    """Give a person another role, at once. Raises Refused where the shop would be left without an owner."""

    def verb() -> None:
        user = _person(user_id)
        before = user.role
        if role == before:
            return
        if before == Role.OWNER:
            _keep_an_owner(user)
        user.role = Role(role)
        user.save(update_fields=["role"])
        record(by, "staff.role_changed", user.email, {"role": [before, role]})

    run_tx(verb)


def deactivate(user_id: UUID, *, by: Actor) -> None:
    """Close a person's account; open sessions end with the next click. Raises Refused for the last owner."""

    def verb() -> None:
        user = _person(user_id)
        if user.role == Role.OWNER:
            _keep_an_owner(user)
        user.is_active = False
        user.save(update_fields=["is_active"])
        record(by, "staff.deactivated", user.email)

    run_tx(verb)


def reactivate(user_id: UUID, *, by: Actor) -> None:
    """Open a closed account again."""

    def verb() -> None:
        User.objects.filter(id=user_id).update(is_active=True)
        record(by, "staff.reactivated", _person(user_id).email)

    run_tx(verb)


def _person(user_id: UUID) -> User:
    user = User.objects.select_for_update().filter(id=user_id).first()
    if user is None:
        raise Refused(_("This person is no longer in the team."))
    return user


def _keep_an_owner(user: User) -> None:
    # All owners are locked in one order, so that two owners cannot demote each other at the same time.
    owners = User.objects.select_for_update().filter(role=Role.OWNER, is_active=True).order_by("id")
    if not [owner for owner in owners if owner.pk != user.pk]:
        raise Refused(_("A shop needs an owner. Make somebody else an owner first."))


def update_profile(user_id: UUID, *, name: str, language: str) -> None:
    """A person's own name and language."""
    User.objects.filter(id=user_id).update(name=name.strip(), language=language)


def choose_language(user_id: UUID, language: str) -> None:
    """Remember the language a person switched to."""
    User.objects.filter(id=user_id).exclude(language=language).update(language=language)


# What a second person has to agree to.


def ask(
    request_id: UUID, action: str, target: str, details: Mapping[str, Any], *, alone: bool, by: Actor, at: datetime
) -> bool:
    """Write down what ``by`` asks for: to be done in this transaction (``alone``), or by a second person's word.

    Answers whether it is new: the same form sent twice asks once.
    """
    asked = {
        "action": action,
        "target": target,
        "details": dict(details),
        "asked_by": by.subject,
        "asked_at": at,
        "state": Approval.State.DONE if alone else Approval.State.WAITING,
    }
    _row, made = Approval.objects.get_or_create(id=request_id, defaults=asked)
    return made


def decide(request_id: UUID, *, agrees: bool, reason: str = "", by: Actor, at: datetime) -> None:
    """Agree to what waits, or refuse it; call it in the transaction that does it.

    Raises Refused for whoever asked, and where it was decided meanwhile: the condition is inside the write.
    """
    state = Approval.State.DONE if agrees else Approval.State.REFUSED
    waiting = Approval.objects.filter(id=request_id, state=Approval.State.WAITING)
    values = {"state": state, "decided_by": by.subject, "decided_at": at, "reason": reason}
    if waiting.exclude(asked_by=by.subject).update(**values):
        return
    if waiting.exists():
        raise Refused(_("You asked for this yourself: somebody else has to decide."))
    raise Refused(_("This was decided already."))


# API keys.


def create_key(name: str, scopes: Collection[str], *, expires_at: datetime | None, by: Actor) -> NewKey:
    """A key for a program; its secret is answered once and not kept. Raises Refused without a known scope."""
    if not scopes or set(scopes) - set(Scope.values):
        raise Refused(_("Choose at least one thing this key may do."))
    secret = "rk_" + secrets.token_urlsafe(32)

    def verb() -> NewKey:
        key = ApiKey.objects.create(
            name=name.strip(),
            prefix=secret[:10],
            secret_hash=queries.hash_secret(secret),
            scopes=sorted(scopes),
            created_by=by.name,
            expires_at=expires_at,
        )
        record(by, "key.created", f"{key.name} ({key.prefix}…)", {"scopes": key.scopes})
        return NewKey(key.id, secret)

    return run_tx(verb)


def revoke_key(key_id: UUID, *, by: Actor) -> None:
    """Stop a key at once, for good. Revoking twice changes nothing."""

    def verb() -> None:
        key = ApiKey.objects.filter(id=key_id).first()
        if key is None:
            raise Refused(_("This key does not exist."))
        if ApiKey.objects.filter(id=key_id, revoked_at=None).update(revoked_at=timezone.now()):
            record(by, "key.revoked", f"{key.name} ({key.prefix}…)")

    run_tx(verb)


def note_use(key: Actor, at: datetime) -> None:
    """Remember that a key was used, at most every 5 minutes; a busy database loses the note, not the request."""
    if key.noted_at is not None and key.noted_at >= at - USE_NOTED_EVERY:
        return
    own = ApiKey.objects.filter(id=key.subject.removeprefix("key:"))
    try:
        own.filter(Q(last_used_at=None) | Q(last_used_at__lt=at - USE_NOTED_EVERY)).update(last_used_at=at)
    except OperationalError:
        return
