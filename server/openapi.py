"""The OpenAPI document, made from the route table and the models that validate."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

import oql
from server.envelopes import ChainProblem, ProblemBody
from server.problems import phrase
from server.routing import Parameter, Route, by_path

Schema = dict[str, Any]
_REFERENCE = "#/components/schemas/{model}"
_SECURITY: Schema = {
    "basic": {"type": "http", "scheme": "basic", "description": "username, email or phone, and password"},
    "bearer": {"type": "http", "scheme": "bearer", "description": "a token of POST /v1/token, or of an operator"},
}
_ABOUT = (
    "Runs OQL programs. Credentials are accepted as `auth` in the body, as HTTP Basic, or as a bearer token; "
    "a page of a whitelisted origin needs none."
)


def document(routes: Sequence[Route], base_url: str) -> Schema:
    """The description of all listed routes, as OpenAPI 3.1."""
    routes = [route for route in routes if route.listed]
    references, definitions = _schemas(routes)
    return {
        "openapi": "3.1.0",
        "info": {"title": "OQL", "version": oql.__version__, "description": _ABOUT, "license": _LICENCE},
        "servers": [{"url": base_url}],
        "paths": {
            path.replace(":path", ""): {
                method.lower(): _operation(route, references) for method, route in methods.items()
            }
            for path, methods in by_path(routes).items()
        },
        "components": {"schemas": definitions, "securitySchemes": _SECURITY},
    }


_LICENCE = {"name": "Apache-2.0", "identifier": "Apache-2.0"}


def _schemas(routes: Sequence[Route]) -> tuple[Mapping[type[BaseModel], Schema], Schema]:
    """A reference to each model, and their definitions."""
    wanted: dict[type[BaseModel], JsonSchemaMode] = {ProblemBody: "serialization"}
    if any(route.chains for route in routes):
        wanted[ChainProblem] = "serialization"
    for route in routes:
        if route.body:
            wanted[route.body] = "validation"
        if not isinstance(route.answers, str):
            wanted.update(dict.fromkeys(route.answers, "serialization"))
    made, definitions = models_json_schema(list(wanted.items()), ref_template=_REFERENCE)
    return {model: schema for (model, _), schema in made.items()}, definitions.get("$defs", {})  # type: ignore[misc] # pydantic keys by model or dataclass, ours are models


def _operation(route: Route, references: Mapping[type[BaseModel], Schema]) -> Schema:
    operation: Schema = {
        "operationId": route.method.lower() + re.sub(r"[/.]", "_", re.sub(r"[{}]|:path", "", route.path)),
        "summary": route.summary,
        "responses": {**_successes(route, references), **_problems(route, references)},
    }
    if parameters := [*_named_segments(route), *route.parameters]:
        operation["parameters"] = [
            {"name": one.name, "in": one.place, "description": one.description, "schema": {"type": "string"}}
            | ({"required": True} if one.place == "path" else {})
            for one in parameters
        ]
    if route.body:
        content = {kind: {"schema": references[route.body]} for kind in route.body_types}
        operation["requestBody"] = {"required": True, "content": content}
    if route.chains:
        operation["security"] = [{"basic": []}, {"bearer": []}]
    elif route.account:
        operation["security"] = [{}, {"basic": []}, {"bearer": []}]
    elif route.scope:
        operation["security"] = [{"bearer": []}]
        operation["description"] = f"The bearer needs the scope `{route.scope}`."
    return operation


def _named_segments(route: Route) -> list[Parameter]:
    names = re.findall(r"{(\w+)[^}]*}", route.path)
    return [Parameter(name, "path", SEGMENTS.get(name, name)) for name in names]


SEGMENTS = {
    "tenant": "a tenant: the namespace of an account, or one that an operator made",
    "schema": "the id of a table, `namespace.table`",
    "key": "the text of a row's key: the whole rest of the path",
    "table": "a table of vectors or texts",
    "field": "a field of a text table",
    "doc_id": "the id of a document: the whole rest of the path",
    "id": "an id that the server gave",
    "name": "the name of a saved text: letters, digits, `.`, `_` and `-`",
    "step": "the id of a step; of a step inside a pipeline `entry/step`",
    "token": "the secret part of a link: one that `SHARE` has made, or that of a form or question",
}
"""What the named segments of paths stand for."""


def _successes(route: Route, references: Mapping[type[BaseModel], Schema]) -> Schema:
    return {str(status): _answer(route, references) for status in route.successes}


def _answer(route: Route, references: Mapping[type[BaseModel], Schema]) -> Schema:
    if isinstance(route.answers, str):
        kind = "object" if route.answers == "application/json" else "string"
        return {
            "description": "OK",
            "headers": _HEADERS,
            "content": {route.answers: {"schema": {"type": kind}}},
        }
    if not route.answers:
        return {"description": "OK, without a body", "headers": _HEADERS}
    schemas = [references[model] for model in route.answers]
    schema = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
    return {"description": "OK", "headers": _HEADERS, "content": _json(schema)}


def _problems(route: Route, references: Mapping[type[BaseModel], Schema]) -> Schema:
    content = _json(references[ChainProblem if route.chains else ProblemBody])
    page = content | {"text/html": {"schema": {"type": "string"}}}
    return {
        str(status): {
            "description": phrase(status),
            "headers": _HEADERS,
            "content": page if status in route.pages else content,
        }
        for status in (*route.problems, 500)
    }


_HEADERS = {"X-Request-Id": {"description": "the id of this request, also in the log", "schema": {"type": "string"}}}


def _json(schema: Schema) -> Schema:
    return {"application/json": {"schema": schema}}
