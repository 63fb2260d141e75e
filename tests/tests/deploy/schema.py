# Holds objects, one JSON a line, against the OpenAPI schemas of Kubernetes, unknown fields refused, and prints what is wrong.
import functools
import json
import sys

from kubernetes_validate import utils

utils.schema_contents = functools.cache(utils.schema_contents)

for line in sys.stdin:
    thing = json.loads(line)
    for version in sys.argv[1:]:
        try:
            used = utils.validate(thing, version, strict=True)
            problem = None if used == version else f"schemas of {used}"
        except utils.ValidationError as error:
            problem = ".".join(map(str, error.path)) + ": " + error.message[:300]
        except utils.SchemaNotFoundError as error:
            problem = error.message
        if problem:
            print(json.dumps(f'{version}: {thing["kind"]} {thing["metadata"]["name"]}: {problem}'))
