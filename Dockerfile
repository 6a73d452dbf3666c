# One image with every role: `weir gateway`, `weir flusher`, `weir controller` and the tools.
# It holds node, the libraries node is linked to, and the program: no shell, no package manager, no user but 65532.
# A release names the base by its digest, see docs/adr/0018-node-comes-with-the-packages.md.
ARG BASE=node:26-bookworm-slim

FROM ${BASE} AS program
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --omit=peer --no-audit --no-fund
COPY . .
RUN npm run --silent build && find dist -name "*.d.ts" -delete

# What the program needs, without what only other machines, editors and debuggers read. The base image has the node that runs
# here, so the one that npm brings for machines without it stays out. No package's own scripts are run: what is native comes
# built, and for arm64, where bufferutil has nothing built, ws does without it.
FROM ${BASE} AS packages
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --omit=dev --no-audit --no-fund \
 && rm -rf node_modules/node-linux-* node_modules/.bin node_modules/.package-lock.json \
 && find node_modules/bufferutil/prebuilds -mindepth 1 -maxdepth 1 ! -name "linux-*" -exec rm -r {} + \
 && find node_modules -type f -regex ".*\.\([cm]?ts\|map\|md\|markdown\)" -delete \
 && find node_modules -depth -type d -empty -delete

FROM ${BASE} AS files
WORKDIR /image
# node with what `ldd` says it needs, a user, the order in which names are looked up.
RUN mkdir -p system/usr/local/bin system/etc system/tmp system/data program/app \
 && cp "$(command -v node)" system/usr/local/bin/node \
 && cp --parents $(ldd "$(command -v node)" | grep -o "/[^ ]*") system \
 && ln -s /app/bin/weir.js system/usr/local/bin/weir \
 && echo "weir:x:65532:65532:weir:/data:/nologin" >system/etc/passwd \
 && echo "weir:x:65532:" >system/etc/group \
 && echo "hosts: files dns" >system/etc/nsswitch.conf \
 && chmod 1777 system/tmp && chown 65532:65532 system/data
COPY --from=packages /src/node_modules program/app/node_modules
COPY --from=program /src/dist program/app/dist
COPY bin/weir.js program/app/bin/weir.js
COPY package.json LICENSE program/app/
# Every file has the same time, and a mode that does not come from who checked it out, so that the same source gives the same
# layers and a new version leaves the first one as it was.
RUN sed -i "1s|.*|#!/usr/local/bin/node|" program/app/bin/weir.js && chmod 755 program/app/bin/weir.js \
 && chmod -R u=rwX,go=rX program \
 && find . -exec touch -h -d @0 {} +

FROM scratch
COPY --from=files /image/system/ /
COPY --from=files /image/program/ /
ENV PATH=/usr/local/bin NODE_ENV=production WEIR_DATA_DIR=/data
WORKDIR /data
USER 65532:65532
EXPOSE 3000 3001 6443
ENTRYPOINT ["weir"]
CMD ["--help"]
ARG VERSION=0.0.0-dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="weir" \
      org.opencontainers.image.description="Self-hosted chat backend for Kubernetes" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
