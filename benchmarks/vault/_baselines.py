"""Two services beside which the vault is measured: one that only answers, and one that commits once a request."""

import os
from typing import Any

import sqlalchemy as sa
from fastapi import FastAPI
from pydantic import BaseModel

from wayseal.database import open_database


class Body(BaseModel):
    """What a disclosure carries."""

    purpose: str
    reason: str


def echo() -> FastAPI:
    """Answers with what it was asked, and does nothing."""
    app = FastAPI()

    @app.post("/v1/waybills/{waybill}/disclose")
    async def disclose(waybill: str, body: Body) -> dict[str, str]:
        return {"waybill": waybill, "purpose": body.purpose}

    return app


def commit() -> FastAPI:
    """Writes a row of 300 bytes in a transaction of its own, and answers then."""
    app = FastAPI()
    database = open_database(os.environ["WAYSEAL_DATABASE"])
    table = sa.Table("bare_rows", sa.MetaData(), sa.Column("row", sa.LargeBinary))
    database.write(lambda c: table.create(c, checkfirst=True))

    def one(connection: Any) -> None:
        connection.execute(table.insert(), {"row": os.urandom(300)})

    @app.post("/v1/waybills/{waybill}/disclose")
    def disclose(waybill: str, body: Body) -> dict[str, str]:
        database.write(one)
        return {"waybill": waybill, "purpose": body.purpose}

    return app
