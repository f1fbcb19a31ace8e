"""Waybills to seal, and keys to seal them with."""

from wayseal.model.fields import Field
from wayseal.model.records import Parcel
from wayseal.vault.keyring import KeyPurpose, Keyring, LocalKeys
from wayseal.vault.keyring.keys import KINDS

VALUES = {
    Field.SENDER_NAME: "王小明",
    Field.SENDER_PHONE: "13812345678",
    Field.SENDER_ADDRESS: "浙江省杭州市余杭区文一西路969号3号楼5单元1201室",
    Field.RECIPIENT_NAME: "李雷",
    Field.RECIPIENT_PHONE: "010-67891234转8001",
    Field.RECIPIENT_ADDRESS: "北京市朝阳区建国路88号院2号楼1单元2003",
    Field.GOODS: "手机壳 2件",
}
NUMBER = "YT8812345678901"
RING = Keyring(
    [kind(1, 1_790_000_000_000_000, bytes([place]) * 32) for place, kind in enumerate(KINDS.values())],
    dict.fromkeys(KeyPurpose, 1),
)
"""The same in every run, as names of tests hold tokens."""
KEYS = LocalKeys(RING)


def parcels(count: int) -> list[Parcel]:
    return [Parcel(waybill=f"YT{8812345678901 + i}", values=VALUES) for i in range(count)]
