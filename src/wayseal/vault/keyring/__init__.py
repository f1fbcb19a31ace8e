"""Keys by purpose, with versions: the keyring, where it is kept, and the service that wraps data keys.

The typed keys stand in `wayseal.vault.keyring.keys`.
"""

from wayseal.vault.keyring._keyring import ENVIRONMENT, Keyring, KeyringFile
from wayseal.vault.keyring._service import KeyService, KeySource, LocalKeys, Wrapped
from wayseal.vault.keyring.keys import KeyPurpose

__all__ = ["ENVIRONMENT", "KeyPurpose", "KeyService", "KeySource", "Keyring", "KeyringFile", "LocalKeys", "Wrapped"]
