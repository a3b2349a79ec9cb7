# syntax=docker/dockerfile:1
# Build from the root of the repository: docker build -t crm .
# The image has both services; user management runs with --entrypoint /usr/local/bin/user-management.

FROM rust:1.95-slim-bookworm AS build
WORKDIR /src
COPY . .
# Without the demo, which is for looking at it on one's own machine.
# The caches outlive the image: a second build compiles only what has changed. What they hold is no part of a layer, so
# the program is copied out in the same step.
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    --mount=type=cache,target=/src/target,sharing=locked \
    cargo build --profile dist --locked --package crm-http --bin crm-http \
        --no-default-features --features console,swagger-ui,openapi-examples \
    && cargo build --profile dist --locked --package user-management --bin user-management \
    && install -D -m 0755 target/dist/crm-http /image/usr/local/bin/crm-http \
    && install -D -m 0755 target/dist/user-management /image/usr/local/bin/user-management \
    && install -d -m 0750 /image/data

FROM debian:bookworm-slim
LABEL org.opencontainers.image.title="crm" \
    org.opencontainers.image.description="A multi-tenant CRM as an HTTP service" \
    org.opencontainers.image.licenses="MIT OR Apache-2.0"
# The program brings everything but the authorities that vouch for other services' certificates.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /image/usr/local/bin/ /usr/local/bin/
# For an embedded SQLite file; mount a volume here to keep it.
COPY --from=build --chown=10001:10001 /image/data /data
WORKDIR /data
USER 10001:10001
EXPOSE 5000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 CMD ["/usr/local/bin/crm-http", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/crm-http"]
CMD ["serve"]
