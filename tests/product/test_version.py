"""The version is one, wherever programs read it."""

from flask import Flask

from calmboard import VERSION
from tests.support.clients.agent import LEGACY, Agent
from tests.support.users import Api, TestUser


def test_every_interface_has_the_same_version(app: Flask, owner: TestUser) -> None:
    agent = Agent(app, owner.new_key("Version"), LEGACY[0])
    about = {"protocolVersion": LEGACY[0], "capabilities": {}, "clientInfo": {"name": "harbour", "version": "1"}}
    view = agent.result("resources/read", {"uri": "ui://calmboard/board"})["contents"][0]["text"]
    assert agent.result("initialize", about)["serverInfo"]["version"] == VERSION
    assert Api(app, None).get("/api/openapi.json").json["info"]["version"] == VERSION
    assert f'const VERSION = "{VERSION}";' in view
    assert view.count(VERSION) == 1
