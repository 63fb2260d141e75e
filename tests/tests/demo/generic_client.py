"""A client that knows nothing of netobs but an address: it learns the rest by reflection."""

import itertools
import json
import sys

import grpc
from google.protobuf import json_format
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

SERVICE = "netobs.v1.FlowService"
PATIENCE = 20

# Otherwise it calls a server behind a socket by its path, which is no name of a host, and HTTP/2 servers may refuse that.
options = [("grpc.default_authority", "localhost")] if sys.argv[1].startswith("unix:") else []
channel = grpc.insecure_channel(sys.argv[1], options)
database = ProtoReflectionDescriptorDatabase(channel)
service = DescriptorPool(database).FindServiceByName(SERVICE)


def call(name, request):
    """One answer, or those of a stream."""
    method = service.methods_by_name[name]
    question = json_format.ParseDict(request, GetMessageClass(method.input_type)())
    answer = GetMessageClass(method.output_type)
    make = channel.unary_stream if method.server_streaming else channel.unary_unary
    ask = make(
        f"/{SERVICE}/{name}",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=answer.FromString,
    )
    return ask(question, timeout=PATIENCE)


def told(message):
    return json_format.MessageToDict(message, preserving_proto_field_name=True)


# The kernel tells of drops in all namespaces of the machine, so also of those that are no pod's.
of_pod = {"either": [{"namespaces": ["ops-utils"]}]}
followed = call("Subscribe", {"follow": True, "include": [of_pod]})
print(
    json.dumps(
        {
            "services": sorted(database.get_services()),
            "methods": sorted(service.methods_by_name),
            "status": told(call("GetStatus", {})),
            "causes": told(call("ListCauses", {})).get("causes", []),
            "flows": [told(message)["flow"] for message in itertools.islice(followed, 5)],
        }
    )
)
followed.cancel()
