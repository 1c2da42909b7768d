"""A small gRPC service of Debian's python3-grpcio: messages are plain bytes, so that nothing has to
be generated."""

import sys
from concurrent import futures

from .cases import Skip

try:
    import grpc
except ImportError:
    sys.path.append("/usr/lib/python3/dist-packages")  # the same Python, but not Debian's own
    try:
        import grpc
    except ImportError:
        grpc = None

SERVICE = "penstock.test.Echo"


def needs_grpc():
    if grpc is None:
        raise Skip("there is no gRPC for this Python; scripts/deps installs python3-grpcio")


def say(request, context):
    """Unary. `fail N`: ends with that status."""
    context.send_initial_metadata([("x-first", "early")])
    context.set_trailing_metadata([("x-last", "late"), ("x-raw-bin", b"\x00\xff")])
    if request.startswith(b"fail "):
        code = next(each for each in grpc.StatusCode if each.value[0] == int(request[5:]))
        context.abort(code, "as asked: 100 % \N{SNOWMAN}")
    return b"said " + request


def count(request, context):
    """Server-streaming: as many messages as asked; then an error where `request` ends in `!`."""
    for number in range(int(request.rstrip(b"!"))):
        yield f"message {number}".encode()
    if request.endswith(b"!"):
        context.abort(grpc.StatusCode.DATA_LOSS, "lost")


def collect(requests, context):
    """Client-streaming: all of them in one."""
    context.set_trailing_metadata([("x-last", "late")])
    return b"|".join(requests)


def talk(requests, context):
    """Bidirectional: each answered as it comes."""
    for request in requests:
        yield b"heard " + request


class Handlers:
    """Finds a method by its path."""

    def service(self, call):
        makers = {"Say": grpc.unary_unary_rpc_method_handler, "Count":
                  grpc.unary_stream_rpc_method_handler, "Collect":
                  grpc.stream_unary_rpc_method_handler, "Talk":
                  grpc.stream_stream_rpc_method_handler}
        methods = {"Say": say, "Count": count, "Collect": collect, "Talk": talk}
        service, _, method = call.method.lstrip("/").partition("/")
        if service != SERVICE or method not in makers:
            return None
        return makers[method](methods[method])


class EchoServer:
    """Listens as an engine does: has a `url`, and is closed at the case's end."""

    def __init__(self):
        needs_grpc()

        class Generic(Handlers, grpc.GenericRpcHandler):
            pass
        self.server = grpc.server(futures.ThreadPoolExecutor(max_workers=16))
        self.server.add_generic_rpc_handlers((Generic(),))
        self.port = self.server.add_insecure_port("127.0.0.1:0")
        self.server.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def close(self):
        self.server.stop(0)


class EchoClient:
    """`trusted`: a file with an authority's certificate, for a "https://" URL."""

    def __init__(self, url, trusted=None):
        needs_grpc()
        options = [("grpc.enable_http_proxy", 0), ("grpc.enable_retries", 0)]
        if trusted:
            own = grpc.ssl_channel_credentials(trusted.read_bytes())
            self.channel = grpc.secure_channel(url.removeprefix("https://"), own, options)
        else:
            self.channel = grpc.insecure_channel(url.removeprefix("http://"), options)
        self.say = self.channel.unary_unary(f"/{SERVICE}/Say")
        self.count = self.channel.unary_stream(f"/{SERVICE}/Count")
        self.collect = self.channel.stream_unary(f"/{SERVICE}/Collect")
        self.talk = self.channel.stream_stream(f"/{SERVICE}/Talk")
        self.missing = self.channel.unary_unary(f"/{SERVICE}/Missing")

    def close(self):
        self.channel.close()


def outcome(call):
    """What a finished call has told: code, details, metadata of both ends."""
    def of(metadata):
        return sorted((key, value) for key, value in metadata or ()
                      if key not in ("via", "x-request-id"))
    return {"code": call.code(), "details": call.details(), "first": of(call.initial_metadata()),
            "last": of(call.trailing_metadata())}


def ask(method, request, seconds):
    """A call's messages and its outcome, whatever that is."""
    call = method.with_call if hasattr(method, "with_call") else None
    try:
        if call:
            answer, call = call(request, timeout=seconds)
            return [answer], outcome(call)
        stream, came = method(request, timeout=seconds), []
        try:
            came.extend(iter(stream))
        except grpc.RpcError:
            pass
        return came, outcome(stream)
    except grpc.RpcError as error:
        return [], outcome(error)
