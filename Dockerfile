# Two stages: everything that compiles, then only what runs.
FROM debian:12-slim AS build
WORKDIR /source
COPY scripts/deps scripts/deps
RUN scripts/deps --build-only && rm -rf /var/lib/apt/lists/*
COPY meson.build meson_options.txt ./
COPY include include
COPY src src
COPY scripts/build scripts/jobs scripts/
RUN scripts/build && strip -o /penstock build/src/app/penstock

FROM debian:12-slim
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        ca-certificates libboost-url1.81.0 libssl3 libnghttp2-14 libprometheus-cpp-core1.0 libsimdjson14 \
        libtomlplusplus3 libxxhash0 libzmq5 \
    && rm -rf /var/lib/apt/lists/* \
    && mkdir /etc/penstock
COPY --from=build /penstock /usr/local/bin/penstock

# A number, so that an orchestrator can see that it is not root.
USER 65532:65532
EXPOSE 8080 9090
STOPSIGNAL SIGTERM
# Whether it runs, be there engines or not: who replaces an unhealthy container would lose what it knows of
# their caches. Readiness is `penstock health`. Change the address where [admin] names another.
HEALTHCHECK --interval=10s --timeout=6s --start-period=10s \
    CMD ["/usr/local/bin/penstock", "health", "--live", "--admin", "127.0.0.1:9090"]
ENTRYPOINT ["/usr/local/bin/penstock"]
CMD ["run", "-c", "/etc/penstock/penstock.toml"]
