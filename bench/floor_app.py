"""The least a web application with a database can do: look a row up, insert a row and commit."""

from __future__ import annotations

import sys

import sqlalchemy as sa
from flask import Flask, jsonify, request
from waitress import serve
from werkzeug.wrappers import Response

from engine.database import Database

metadata = sa.MetaData()
notes = sa.Table(
    "notes",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("task", sa.Text, index=True),
    sa.Column("body", sa.Text),
)


def app(database: Database) -> Flask:
    made = Flask(__name__)

    @made.get("/api/v1/notes")
    def look() -> Response:
        with database.reading("nobody") as connection:
            found = connection.execute(sa.select(notes).where(notes.c.task == request.args["task"]).limit(50)).all()
        return jsonify(items=[row.id for row in found])

    @made.post("/api/v1/notes")
    def add() -> Response:
        given = request.get_json()["data"]
        with database.transaction("nobody") as connection:
            row = {"task": given["task"], "body": given["body"]}
            made_id = connection.execute(sa.insert(notes).values(row).returning(notes.c.id)).scalar_one()
        return jsonify(id=made_id)

    return made


def main(url: str, port: int) -> None:
    database = Database(url)
    with database.transaction("nobody") as connection:
        metadata.create_all(connection)
    serve(app(database), host="127.0.0.1", port=port, threads=8)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
