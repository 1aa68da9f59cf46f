# mockx in an image of its own and nothing else: FROM scratch, a static binary, a user without rights.
#
#   docker buildx build --platform linux/amd64,linux/arm64 .
#   docker run -p 8000:8000 -v mockx:/var/lib/mockx --read-only mockx
#
# image/build.sh makes the same image without this first stage, from what cross/build.sh has built.

FROM --platform=$BUILDPLATFORM debian:bookworm AS build
ARG TARGETARCH
WORKDIR /source
COPY cross/packages.sh cross/
RUN cross/packages.sh
COPY . .
RUN image/tree.sh "$TARGETARCH" /tree && mkdir /state

FROM scratch
LABEL org.opencontainers.image.title="mockx" \
      org.opencontainers.image.description="Small, exact, deterministic paper exchange for trading bots" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /tree/ /
COPY --from=build --chown=10001:10001 /state/ /var/lib/mockx/
USER 10001:10001
# The state and the key. A named volume takes over the owner.
VOLUME /var/lib/mockx
EXPOSE 8000
# It finds address and key in the volume. A SIGTERM ends the daemon cleanly, which is the default.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["/usr/bin/mockx", "health"]
ENTRYPOINT ["/usr/bin/mockx"]
CMD ["serve", "--listen", "0.0.0.0:8000"]
