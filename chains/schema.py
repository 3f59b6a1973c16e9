"""The JSON Schema of chains, made from `chains.spec`: editors complete and check the YAML by it."""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from chains.fields import Fields
from chains.spec import Chain

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_UNQUOTED = ["string", "number", "boolean"]


class _Schema(GenerateJsonSchema):
    """Texts may stand without quotes, so numbers and `true` are texts too. A key that is not declared is a mistake."""

    def field_title_should_be_set(self, schema: object) -> bool:
        return False  # names of fields say the same

    def function_before_schema(self, schema: core_schema.BeforeValidatorFunctionSchema) -> JsonSchemaValue:
        made = super().function_before_schema(schema)
        return {**made, "type": _UNQUOTED} if made.get("type") == "string" else made

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        made = super().model_schema(schema)
        if issubclass(schema["cls"], Fields):
            made["additionalProperties"] = False
        return made


def json_schema() -> dict[str, Any]:
    """The schema, in the dialect of 2020-12."""
    made = Chain.model_json_schema(schema_generator=_Schema)
    subchain = made["$defs"]["Subchain"]
    subchain["properties"]["chain"] = {**subchain["properties"]["subchain"], "description": "the same as `subchain`"}
    subchain["required"] = [name for name in subchain["required"] if name != "subchain"]
    subchain["anyOf"] = [{"required": ["subchain"]}, {"required": ["chain"]}]
    return {"$schema": DIALECT, **made}
