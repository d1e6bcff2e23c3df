"""Checks of rendered manifests that no schema makes: that their parts fit together and that no container may do more
than it must.

    check-rendered.py FILE
"""

import sys

import yaml


def seconds(text):
    units = {"ms": 0.001, "s": 1, "min": 60, "m": 60, "h": 3600}
    unit = text.lstrip("0123456789.")
    return float(text[: len(text) - len(unit)]) * units[unit]


def option(container, name):
    """Returns the value of --name=value; None if it is not given."""
    values = [a.split("=", 1)[1] for a in container.get("args", []) if a.startswith(name + "=")]
    return values[0] if values else None


def pods(documents):
    for document in documents:
        if document["kind"] in ("Deployment", "StatefulSet"):
            yield document, document["spec"]["template"]["spec"]


def problems(documents):
    services = [d for d in documents if d["kind"] == "Service"]
    secrets = {d["metadata"]["name"]: set(d["data"]) for d in documents if d["kind"] == "Secret"}
    configurations = {d["metadata"]["name"] for d in documents if d["kind"] == "ConfigMap"}
    ports = {}
    for document, pod in pods(documents):
        name = document["metadata"]["name"]
        labels = document["spec"]["template"]["metadata"]["labels"]
        if not document["spec"]["selector"]["matchLabels"].items() <= labels.items():
            yield f"{name}: its selector does not select its pods"
        security = pod.get("securityContext", {})
        if not security.get("runAsNonRoot") or security.get("runAsUser") != 10001:
            yield f"{name}: does not run as the image's user"
        if security.get("seccompProfile", {}).get("type") != "RuntimeDefault":
            yield f"{name}: has no seccomp profile"
        if pod.get("automountServiceAccountToken") is not False:
            yield f"{name}: gets a token of its service account"
        volumes = {v["name"]: v for v in pod.get("volumes", [])}
        for claim in document["spec"].get("volumeClaimTemplates", []):
            volumes[claim["metadata"]["name"]] = claim
        for volume in volumes.values():
            if "secret" in volume:
                secret = volume["secret"]
                if secret.get("defaultMode") != 0o440:
                    yield f"{name}: the Secret {secret['secretName']} may be read by others"
                # Made by the overlay, or by hand.
                if secrets and secret["secretName"] not in secrets:
                    yield f"{name}: there is no Secret {secret['secretName']}"
            if "configMap" in volume and volume["configMap"]["name"] not in configurations:
                yield f"{name}: there is no ConfigMap {volume['configMap']['name']}"
        containers = pod["containers"] + pod.get("initContainers", [])
        if len({c.get("imagePullPolicy") for c in containers}) > 1:
            yield f"{name}: its containers get their image in different ways"
        for words in ("--connect", "--keys"):
            if len({option(c, words) for c in containers if c.get("args", [""])[0] == "worker"}) > 1:
                yield f"{name}: its containers have different {words}"
        for container in containers:
            own = f"{name}, {container['name']}"
            rights = container.get("securityContext", {})
            if rights.get("allowPrivilegeEscalation") is not False or rights.get("capabilities") != {"drop": ["ALL"]}:
                yield f"{own}: may gain rights"
            if rights.get("readOnlyRootFilesystem") is not True:
                yield f"{own}: may write to its root file system"
            if not container.get("resources", {}).get("requests") or "memory" not in container["resources"].get("limits", {}):
                yield f"{own}: takes as much as there is"
            for mount in container.get("volumeMounts", []):
                if mount["name"] not in volumes:
                    yield f"{own}: there is no volume {mount['name']}"
            if not container["image"] or container["image"] == "layersearch":
                yield f"{own}: the overlay names no image"
            grace = option(container, "--grace")
            if grace and not seconds(grace) + 5 <= pod["terminationGracePeriodSeconds"]:
                yield f"{own}: is killed before its --grace is over"
            connect = option(container, "--connect")
            if connect:
                host, port = connect.removeprefix("tcp://").split(":")
                if not any(
                    s["metadata"]["name"] == host and any(p["port"] == int(port) for p in s["spec"]["ports"])
                    for s in services
                ):
                    yield f"{own}: no Service is called {host} and has the port {port}"
                if "cpu" not in container["resources"]["limits"]:
                    yield f"{own}: would have a training for each core of its node"
            for port in container.get("ports", []):
                ports.setdefault(tuple(sorted(labels.items())), set()).add(port["name"])
    for service in services:
        selector = service["spec"]["selector"].items()
        for port in service["spec"]["ports"]:
            if not any(selector <= set(labels) and port["targetPort"] in names for labels, names in ports.items()):
                yield f"{service['metadata']['name']}: no pod has the port {port['targetPort']}"
    names = {d["metadata"]["name"] for d, _ in pods(documents)}
    for document in documents:
        if document["kind"] == "HorizontalPodAutoscaler" and document["spec"]["scaleTargetRef"]["name"] not in names:
            yield f"{document['metadata']['name']}: scales nothing"


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        documents = [d for d in yaml.safe_load_all(file) if d]
    found = list(problems(documents))
    for problem in found:
        print(f"{sys.argv[1]}: {problem}", file=sys.stderr)
    sys.exit(1 if found or not documents else 0)


main()
