"""etcd, API server, controller manager and scheduler: the flags of each.

Must not start anything, and must not listen anywhere but on 127.0.0.1 and, where there are nodes to reach it, on the
cluster's own bridge.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .certificates import Pair, Request, pair
from .components import Component
from .paths import ClusterPaths
from .slots import BRIDGE_API_PORT, Slot

_LOOPBACK = "127.0.0.1"
_AUDIT_POLICY = Path(__file__).parent / "audit-policy.yaml"


@dataclass(frozen=True)
class ControlPlane:
    """What the flags depend on."""

    paths: ClusterPaths
    slot: Slot
    programs: Mapping[str, Path]
    has_nodes: bool
    has_controllers: bool

    @property
    def host(self) -> str:
        """Where the API server listens."""
        return self.slot.bridge_address if self.has_nodes else _LOOPBACK

    @property
    def port(self) -> int:
        return BRIDGE_API_PORT if self.has_nodes else self.slot.api_port

    def certificate(self, name: str) -> Pair:
        return pair(self.paths.certificates, name)


def certificate_requests(plane: ControlPlane) -> tuple[Request, ...]:
    """What these components and their administrator prove themselves with."""
    names = ("kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local")
    addresses = (_LOOPBACK, plane.slot.bridge_address, plane.slot.service_address)
    server = (*(f"DNS:{name}" for name in ("localhost", *names)), *(f"IP:{address}" for address in addresses))
    return (
        Request("admin", "/O=system:masters/CN=localcluster-admin"),
        Request("kube-apiserver", "/CN=kube-apiserver", addresses=server),
        Request("kube-apiserver-kubelet-client", "/O=system:masters/CN=kube-apiserver-kubelet-client"),
        Request("kube-controller-manager", "/CN=system:kube-controller-manager"),
        Request("kube-scheduler", "/CN=system:kube-scheduler"),
        Request("etcd", "/CN=etcd", authority="etcd-ca", addresses=("DNS:localhost", f"IP:{_LOOPBACK}")),
        Request("etcd-client", "/CN=kube-apiserver", authority="etcd-ca"),
        # The key signs the tokens of pods; the certificate is how its public half is handed over.
        Request("service-accounts", "/CN=service-accounts"),
        Request("front-proxy-client", "/CN=front-proxy-client", authority="front-proxy-ca"),
    )


def etcd(plane: ControlPlane) -> Component:
    """One member, on throw-away data: it need not survive a power cut."""
    server, authority = plane.certificate("etcd"), plane.certificate("etcd-ca").certificate
    client_url = f"https://{_LOOPBACK}:{plane.slot.etcd_client_port}"
    peer_url = f"https://{_LOOPBACK}:{plane.slot.etcd_peer_port}"
    return _component(
        plane,
        "etcd",
        name="local",
        data_dir=plane.paths.etcd,
        unsafe_no_fsync=True,
        log_level="warn",
        listen_client_urls=client_url,
        advertise_client_urls=client_url,
        listen_peer_urls=peer_url,
        initial_advertise_peer_urls=peer_url,
        initial_cluster=f"local={peer_url}",
        client_cert_auth=True,
        cert_file=server.certificate,
        key_file=server.key,
        trusted_ca_file=authority,
        peer_client_cert_auth=True,
        peer_cert_file=server.certificate,
        peer_key_file=server.key,
        peer_trusted_ca_file=authority,
    )


def api_server(plane: ControlPlane) -> Component:
    """The API server, bound to one address."""
    server, kubelet_client = plane.certificate("kube-apiserver"), plane.certificate("kube-apiserver-kubelet-client")
    etcd_client, front_proxy = plane.certificate("etcd-client"), plane.certificate("front-proxy-client")
    authority = plane.certificate("ca").certificate
    return _component(
        plane,
        "kube-apiserver",
        bind_address=plane.host,
        advertise_address=plane.host,
        secure_port=plane.port,
        # Without nodes nobody uses the service `kubernetes`, and its endpoint may not be a loopback address.
        endpoint_reconciler_type="lease" if plane.has_nodes else "none",
        service_cluster_ip_range=plane.slot.service_network,
        # Webhooks and aggregated APIs are called at their pods: this namespace has no kube-proxy.
        enable_aggregator_routing=True,
        authorization_mode="Node,RBAC",
        enable_admission_plugins="NodeRestriction",
        # Nobody makes service accounts where there are no controllers, and pods would be refused for want of one.
        disable_admission_plugins="" if plane.has_controllers else "ServiceAccount",
        anonymous_auth=False,
        audit_policy_file=_AUDIT_POLICY,
        audit_log_path=plane.paths.audit_log,
        allow_privileged=True,
        profiling=False,
        client_ca_file=authority,
        tls_cert_file=server.certificate,
        tls_private_key_file=server.key,
        etcd_servers=f"https://{_LOOPBACK}:{plane.slot.etcd_client_port}",
        etcd_cafile=plane.certificate("etcd-ca").certificate,
        etcd_certfile=etcd_client.certificate,
        etcd_keyfile=etcd_client.key,
        kubelet_preferred_address_types="InternalIP",
        kubelet_certificate_authority=authority,
        kubelet_client_certificate=kubelet_client.certificate,
        kubelet_client_key=kubelet_client.key,
        service_account_issuer="https://kubernetes.default.svc.cluster.local",
        service_account_key_file=plane.certificate("service-accounts").certificate,
        service_account_signing_key_file=plane.certificate("service-accounts").key,
        requestheader_client_ca_file=plane.certificate("front-proxy-ca").certificate,
        requestheader_allowed_names="front-proxy-client",
        requestheader_extra_headers_prefix="X-Remote-Extra-",
        requestheader_group_headers="X-Remote-Group",
        requestheader_username_headers="X-Remote-User",
        proxy_client_cert_file=front_proxy.certificate,
        proxy_client_key_file=front_proxy.key,
    )


def controller_manager(plane: ControlPlane) -> Component:
    """All controllers; the only replica, so that it need not be elected."""
    return _component(
        plane,
        "kube-controller-manager",
        kubeconfig=kubeconfig_of(plane.paths, "kube-controller-manager"),
        secure_port=0,
        leader_elect=False,
        use_service_account_credentials=True,
        # Starting is some hundred requests; at the usual 20 a second it would take 5 s.
        kube_api_qps=300,
        kube_api_burst=600,
        allocate_node_cidrs=False,
        # Sooner than usual, after as many signs of life that did not come: see `node_files`.
        node_monitor_grace_period="20s",
        root_ca_file=plane.certificate("ca").certificate,
        service_account_private_key_file=plane.certificate("service-accounts").key,
    )


def scheduler(plane: ControlPlane) -> Component:
    """The scheduler; the only replica, so that it need not be elected."""
    return _component(
        plane,
        "kube-scheduler",
        kubeconfig=kubeconfig_of(plane.paths, "kube-scheduler"),
        secure_port=0,
        leader_elect=False,
    )


def kubeconfig_of(paths: ClusterPaths, component: str) -> Path:
    """The kubeconfig a component uses."""
    return paths.certificates / f"{component}.kubeconfig"


def flags(values: Mapping[str, object]) -> tuple[str, ...]:
    """`{"leader_elect": False}` as `--leader-elect=false`; what is empty is left to its default."""
    return tuple(f"--{name.replace('_', '-')}={_flag(value)}" for name, value in values.items() if value != "")


def _flag(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _component(plane: ControlPlane, program: str, **values: object) -> Component:
    return Component(program, (str(plane.programs[program]), *flags(values)))
