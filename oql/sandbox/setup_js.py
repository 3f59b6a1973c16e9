"""The JavaScript that runs in each guest before its own code: `oql_get`, `console`, and how values get out."""

SETUP = r"""
(grants => {
  "use strict";
  const { parse, stringify } = JSON, { isFinite, isSafeInteger } = Number, text = String, { min } = Math;
  const { apply } = Reflect, kindOf = Object.prototype.toString, Failure = TypeError;
  const slice = String.prototype.slice, keys = parse(grants);
  const refused = /^\[object (Map|Set|Weak\w+|Promise|\w*ArrayBuffer|DataView|\w+Array|RegExp|Error|Generator)\]$/;
  const test = RegExp.prototype.test, MOST = 2000;
  let printed = "";

  const fail = (what, key) => {
    throw new Failure(key === "" ? `${what} has no JSON form` : `${what} has no JSON form, at \`${key}\``);
  };

  function checked(key, value) {
    switch (typeof value) {
      case "function": return fail("a function", key);
      case "symbol": return fail("a symbol", key);
      case "number": return isFinite(value) ? value : fail(text(value), key);
      case "bigint": {
        const number = Number(value);
        return isSafeInteger(number) ? number : fail("a BigInt beyond 2^53", key);
      }
      case "object": {
        const kind = value === null ? "" : apply(kindOf, value, []);
        return apply(test, refused, [kind]) ? fail("a " + apply(slice, kind, [8, -1]), key) : value;
      }
    }
    return value;
  }

  const shown = value => {
    try {
      return typeof value === "object" && value !== null ? stringify(value) : text(value);
    } catch {
      return "?";
    }
  };
  const print = (...values) => {
    let line = "";
    for (let i = 0; i < min(values.length, 100); i++)
      line += (i ? " " : "") + apply(slice, shown(values[i]), [0, MOST]);
    printed = apply(slice, printed + line + "\n", [-MOST]);
  };

  globalThis.print = print;
  globalThis.console = { log: print, info: print, warn: print, error: print, debug: print };
  globalThis.oql_get = name => {
    if (!Object.hasOwn(keys, name)) throw new ReferenceError(`nothing is granted as "${name}"`);
    return parse(keys[name]);
  };

  return {
    pack: value => (value = stringify(value, checked)) === undefined ? "null" : value,
    tell: error => {
      try {
        if (error instanceof Error) return stringify([text(error.name), text(error.message), text(error.stack)]);
        return stringify(["", "the guest threw " + shown(error), ""]);
      } catch {
        return '["", "the guest threw what cannot be shown", ""]';
      }
    },
    printed: () => printed,
  };
})
"""
