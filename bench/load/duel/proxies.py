"""How each proxy is configured and started. All do the same work for the same two engines."""

import os
import pathlib
import shutil
import subprocess

PENSTOCK = """\
[server]
workers = 1

[[listener]]
address = "127.0.0.1:{port}"

[admin]
address = "127.0.0.1:{admin_port}"

[log]
access_file = "/dev/null"

[[pool]]
name = "default"
engine = "vllm"
backends = [{backends}]
"""

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
    bind 127.0.0.1:{port}
    balance roundrobin
    option httpchk GET /health
{servers}
"""

# Its defaults would write a body over 16 KB to a file, and close connections after 1000 requests.
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
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://engines;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_buffering off;
            proxy_read_timeout 600s;
        }}
    }}
}}
"""

INSTALL = {
    "penstock": "build it with scripts/build, or name it with --penstock PATH",
    "haproxy": "install it: apt-get install haproxy",
    "nginx": "install it: apt-get install nginx",
}


def find(kind, penstock):
    """The executable, or RuntimeError with what to do about it."""
    search = os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin"
    path = shutil.which(str(penstock) if kind == "penstock" else kind, path=search)
    if path is None:
        where = f" at {penstock}" if kind == "penstock" else ""
        raise RuntimeError(f"{kind} is missing{where}; {INSTALL[kind]}")
    return os.path.abspath(path)


def version(kind, executable):
    argument = {"penstock": "version", "haproxy": "-v", "nginx": "-v"}[kind]
    done = subprocess.run([executable, argument], capture_output=True, text=True, timeout=10,
                          check=False)
    lines = (done.stdout + done.stderr).strip().splitlines()
    return lines[0].removeprefix("nginx version: ").split(" - ")[0] if lines else kind


def command(kind, executable, room, ports, engines):
    """Writes the configuration into `room`; what to run. `ports` are the proxy's own two."""
    room = pathlib.Path(room)
    room.mkdir(parents=True)
    port, admin_port = ports
    if kind == "penstock":
        backends = ", ".join(f'{{ url = "http://127.0.0.1:{engine}" }}' for engine in engines)
        path = room / "penstock.toml"
        path.write_text(PENSTOCK.format(port=port, admin_port=admin_port, backends=backends))
        return [executable, "run", "--config", str(path)]
    if kind == "haproxy":
        servers = "\n".join(f"    server engine{i} 127.0.0.1:{engine} check"
                            for i, engine in enumerate(engines))
        path = room / "haproxy.cfg"
        path.write_text(HAPROXY.format(port=port, servers=servers))
        return [executable, "-db", "-q", "-f", str(path)]
    servers = "\n".join(f"        server 127.0.0.1:{engine};" for engine in engines)
    user = "user root;\n" if os.geteuid() == 0 else ""  # the directory is the caller's own
    path = room / "nginx.conf"
    path.write_text(NGINX.format(port=port, room=room, servers=servers, user=user))
    return [executable, "-p", str(room), "-e", "stderr", "-c", str(path)]
