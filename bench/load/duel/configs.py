"""How each proxy is configured. All do the same work for the same engines, on one thread."""

import dataclasses
import os
import pathlib


@dataclasses.dataclass(frozen=True)
class Setup:
    """What a proxy is to do. `downstream` is a proxies.Downstream."""

    executable: str
    room: pathlib.Path
    port: int
    admin_port: int
    engines: list  # their ports
    downstream: object

    def write(self, name, text):
        path = self.room / name
        path.write_text(text)
        return str(path)


PENSTOCK = """\
[server]
workers = 1

[[listener]]
address = "127.0.0.1:{port}"
{tls}
[admin]
address = "127.0.0.1:{admin_port}"

[log]
access_file = "/dev/null"

[[pool]]
name = "default"
engine = "vllm"
backends = [{backends}]
"""
PENSTOCK_TLS = """
[listener.tls]
certificates = [{{ cert = "{cert}", key = "{key}" }}]
"""


def penstock(setup):
    backends = ", ".join(f'{{ url = "http://127.0.0.1:{engine}" }}' for engine in setup.engines)
    down = setup.downstream
    tls = PENSTOCK_TLS.format(cert=down.certificate, key=down.key) if down.certificate else ""
    path = setup.write("penstock.toml", PENSTOCK.format(
        port=setup.port, admin_port=setup.admin_port, backends=backends, tls=tls))
    return [setup.executable, "run", "--config", path]


# Without http-no-delay it keeps small chunks for 100 ms and more.
HAPROXY = """\
global
    nbthread 1
    maxconn 8192

defaults
    mode http
    option http-no-delay
    timeout connect 5s
    timeout client 600s
    timeout server 600s

listen duel
    bind 127.0.0.1:{port}{protocol}
    balance roundrobin
    option httpchk GET /health
{servers}
"""


def haproxy(setup):
    servers = "\n".join(f"    server engine{i} 127.0.0.1:{engine} check"
                        for i, engine in enumerate(setup.engines))
    down = setup.downstream
    protocol = " proto h2" if down.h2 else ""
    if down.certificate:
        both = down.certificate.with_suffix(".both.pem")
        protocol = f" ssl crt {both} alpn {'h2' if down.h2 else 'http/1.1'}"
    path = setup.write("haproxy.cfg",
                       HAPROXY.format(port=setup.port, servers=servers, protocol=protocol))
    return [setup.executable, "-db", "-q", "-f", path]


# Its defaults would write a body over 16 KB to a file, close connections after 1000 requests, and
# speak no TLS 1.3.
NGINX = """\
{user}daemon off;
worker_processes 1;
pid {room}/nginx.pid;
error_log stderr error;
events {{ worker_connections 8192; }}
http {{
    access_log off;
    tcp_nodelay on;
    keepalive_requests 100000000;
    client_body_buffer_size 64k;
    client_body_temp_path {room}/body;
    proxy_temp_path {room}/proxy;
    fastcgi_temp_path {room}/fastcgi;
    uwsgi_temp_path {room}/uwsgi;
    scgi_temp_path {room}/scgi;
    upstream engines {{
{servers}
        keepalive 1024;
        keepalive_requests 100000000;
    }}
    server {{
        listen 127.0.0.1:{port}{protocol};
{tls}        location / {{
            proxy_pass http://engines;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_buffering off;
            proxy_read_timeout 600s;
        }}
    }}
}}
"""
NGINX_TLS = """\
        ssl_certificate {cert};
        ssl_certificate_key {key};
        ssl_protocols TLSv1.2 TLSv1.3;
"""


def nginx(setup):
    servers = "\n".join(f"        server 127.0.0.1:{engine};" for engine in setup.engines)
    user = "user root;\n" if os.geteuid() == 0 else ""  # the directory is the caller's own
    down = setup.downstream
    protocol = (" ssl" if down.certificate else "") + (" http2" if down.h2 else "")
    tls = NGINX_TLS.format(cert=down.certificate, key=down.key) if down.certificate else ""
    path = setup.write("nginx.conf", NGINX.format(
        port=setup.port, room=setup.room, servers=servers, user=user, protocol=protocol, tls=tls))
    return [setup.executable, "-p", str(setup.room), "-e", "stderr", "-c", path]


# This version knows no more than one backend for a path.
H2O = """\
{user}num-threads: 1
max-connections: 8192
pid-file: {room}/h2o.pid
error-log: /dev/null
http2-max-concurrent-requests-per-connection: 128
http2-idle-timeout: 600
listen:
  host: 127.0.0.1
  port: {port}
{tls}hosts:
  default:
    paths:
      /:
        proxy.reverse.url: http://127.0.0.1:{engine}/
        proxy.timeout.io: 600000
        proxy.timeout.keepalive: 600000
"""
H2O_TLS = """\
  ssl:
    certificate-file: {cert}
    key-file: {key}
"""


def h2o(setup):
    down = setup.downstream
    tls = H2O_TLS.format(cert=down.certificate, key=down.key) if down.certificate else ""
    user = "user: root\n" if os.geteuid() == 0 else ""
    path = setup.write("h2o.conf", H2O.format(
        port=setup.port, room=setup.room, engine=setup.engines[0], tls=tls, user=user))
    return [setup.executable, "-m", "worker", "-c", path]


def nghttpx(setup):
    down = setup.downstream
    engines = [f"--backend=127.0.0.1,{engine};;proto=http/1.1" for engine in setup.engines]
    files = [str(down.key), str(down.certificate)] if down.certificate else []
    return [setup.executable, "--conf=/dev/null", "--workers=1", "--single-process",
            f"--frontend=127.0.0.1,{setup.port}{'' if files else ';no-tls'}", *engines,
            "--errorlog-file=/dev/stderr", "--no-server-push",
            f"--pid-file={setup.room}/nghttpx.pid",
            "--frontend-http2-max-concurrent-streams=128", "--stream-read-timeout=600s",
            "--frontend-http2-read-timeout=600s", "--frontend-keep-alive-timeout=600s",
            "--backend-read-timeout=600s", "--backend-keep-alive-timeout=600s", *files]


COMMANDS = {"penstock": penstock, "haproxy": haproxy, "nginx": nginx, "h2o": h2o,
            "nghttpx": nghttpx}
