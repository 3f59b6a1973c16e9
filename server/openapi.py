"""The OpenAPI document, made from the route table and the models that validate."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

import oql
from server.envelopes import ProblemBody
from server.routing import Route, by_path

Schema = dict[str, Any]
_REFERENCE = "#/components/schemas/{model}"
_SECURITY: Schema = {
    "basic": {"type": "http", "scheme": "basic", "description": "username, email or phone, and password"},
    "bearer": {"type": "http", "scheme": "bearer", "description": "a token of POST /v1/token"},
}
_ABOUT = (
    "Runs OQL programs. Credentials are accepted as `auth` in the body, as HTTP Basic, or as a bearer token; "
    "a page of a whitelisted origin needs none."
)


def document(routes: Sequence[Route], base_url: str) -> Schema:
    """The description of all routes, as OpenAPI 3.1."""
    references, definitions = _schemas(routes)
    return {
        "openapi": "3.1.0",
        "info": {"title": "OQL", "version": oql.__version__, "description": _ABOUT, "license": _LICENCE},
        "servers": [{"url": base_url}],
        "paths": {
            path: {method.lower(): _operation(route, references) for method, route in methods.items()}
            for path, methods in by_path(routes).items()
        },
        "components": {"schemas": definitions, "securitySchemes": _SECURITY},
    }


_LICENCE = {"name": "Apache-2.0", "identifier": "Apache-2.0"}


def _schemas(routes: Sequence[Route]) -> tuple[Mapping[type[BaseModel], Schema], Schema]:
    """A reference to each model, and their definitions."""
    wanted: dict[type[BaseModel], JsonSchemaMode] = {ProblemBody: "serialization"}
    for route in routes:
        if route.body:
            wanted[route.body] = "validation"
        if not isinstance(route.answers, str):
            wanted.update(dict.fromkeys(route.answers, "serialization"))
    made, definitions = models_json_schema(list(wanted.items()), ref_template=_REFERENCE)
    return {model: schema for (model, _), schema in made.items()}, definitions.get("$defs", {})  # type: ignore[misc] # pydantic keys by model or dataclass, ours are models


def _operation(route: Route, references: Mapping[type[BaseModel], Schema]) -> Schema:
    operation: Schema = {
        "operationId": f"{route.method.lower()}{route.path.replace('/', '_').replace('.', '_')}",
        "summary": route.summary,
        "responses": {"200": _answer(route, references), **_problems(route, references)},
    }
    if route.parameters:
        operation["parameters"] = [
            {"name": one.name, "in": one.place, "description": one.description, "schema": {"type": "string"}}
            for one in route.parameters
        ]
    if route.body:
        operation["requestBody"] = {"required": True, "content": _json(references[route.body])}
    if route.account:
        operation["security"] = [{}, {"basic": []}, {"bearer": []}]
    return operation


def _answer(route: Route, references: Mapping[type[BaseModel], Schema]) -> Schema:
    if isinstance(route.answers, str):
        kind = "object" if route.answers == "application/json" else "string"
        return {
            "description": "OK",
            "headers": _HEADERS,
            "content": {route.answers: {"schema": {"type": kind}}},
        }
    schemas = [references[model] for model in route.answers]
    schema = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
    return {"description": "OK", "headers": _HEADERS, "content": _json(schema)}


def _problems(route: Route, references: Mapping[type[BaseModel], Schema]) -> Schema:
    content = _json(references[ProblemBody])
    return {
        str(status): {"description": HTTPStatus(status).phrase, "headers": _HEADERS, "content": content}
        for status in (*route.problems, 500)
    }


_HEADERS = {"X-Request-Id": {"description": "the id of this request, also in the log", "schema": {"type": "string"}}}


def _json(schema: Schema) -> Schema:
    return {"application/json": {"schema": schema}}
