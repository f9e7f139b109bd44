"""Which servers of one virtual server belong into the table: real-server state, quorum, sorry server.

Owns the decisions and their order (table change, script, log line, mail); it never learns how a check works. The rules:

* A real server is up while none of its checkers is failed; there is no vote among them.
* sum = weights of the servers that are up. The quorum is gained at sum >= quorum + hysteresis, and lost at
  sum < quorum - hysteresis or sum = 0.
* Without a sorry server the quorum changes nothing in the table. With one, losing it takes all real servers out and puts the sorry
  server in; gaining it does the reverse; in between, real servers only change their state.
* ``inhibit_on_failure``: instead of leaving the table, a server stays with weight 0.

What the kernel refuses is undone when its answer comes: the checker keeps the state it had and tries again.
Source: reference/checker-behaviour.md §14, §15, §16, §19, §20.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from keepalived_py.checkers.destinations import SORRY_SERVER_WEIGHT, kernel_weight, services_of
from keepalived_py.checkers.entries import TableEntries
from keepalived_py.checkers.events import (
    ChangeDestinations,
    CheckerVerdict,
    DestinationRefused,
    Initialise,
    Log,
    MailRealServer,
    MailVirtualServer,
    Notify,
    RevertChecker,
    Shutdown,
    WeightChanged,
)
from keepalived_py.checkers.names import real_server_text, virtual_server_text

if TYPE_CHECKING:
    from keepalived_py.checkers.events import VirtualServerEffect, VirtualServerEvent
    from keepalived_py.config.ast import Microseconds, RealServer, SorryServer, VirtualServer, VirtualServerGroup
    from keepalived_py.runtime.messages import TableChange, WantedService
    from keepalived_py.wire.ipvs import DestinationKey, Service


@dataclass(slots=True)
class ServerState:
    """The state of one real server, or of the sorry server.

    ``inserted`` is the reference's "set": it was put into the table and not deleted from it (with inhibit it may have weight 0).
    """

    configuration: RealServer | SorryServer
    name: str
    inhibit: bool
    weight: int
    is_alive: bool = False
    inserted: bool = False
    failed_checkers: int = 0
    #: The checker whose verdict made the last change, as (position, state before), until the next verdict.
    changed_by: tuple[int, bool] | None = field(default=None)
    #: In how many services the kernel refused that change.
    refusals: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class QuorumSettings:
    """The globals that matter here."""

    no_checker_emails: bool = False
    rs_init_notifies: bool = False
    lvs_flush_on_stop: bool = False


class VirtualServerMachine:
    """One virtual server. It has no deadline of its own: it only reacts."""

    deadline: Microseconds | None = None

    def __init__(
        self,
        virtual_server: VirtualServer,
        settings: QuorumSettings | None = None,
        group: VirtualServerGroup | None = None,
    ) -> None:
        self.configuration = virtual_server
        self.group = group
        self.name = virtual_server_text(virtual_server)
        self._entries = TableEntries(services_of(virtual_server, group))
        self.quorum_is_up = False
        self.settings = settings or QuorumSettings()
        self.servers = [
            ServerState(
                configuration=server,
                name=real_server_text(server, virtual_server),
                inhibit=server.inhibit_on_failure,
                weight=server.weight,
                failed_checkers=sum(checker.common.alpha for checker in server.checkers),
            )
            for server in virtual_server.real_servers
        ]
        self.sorry: ServerState | None = None
        if (sorry := virtual_server.sorry_server) is not None:
            self.sorry = ServerState(
                configuration=sorry,
                name=real_server_text(sorry, virtual_server),
                inhibit=sorry.inhibit,
                weight=SORRY_SERVER_WEIGHT,
            )
        self._sorry_is_a_real_server = self.sorry is not None and any(
            self._entries.share_entries(server.configuration, self.sorry.configuration) for server in self.servers
        )
        #: The sum of the weights of the servers that are up, kept so that a verdict does not cost a walk over all of them.
        self._weight_alive = 0

    def handle(self, event: VirtualServerEvent, now: Microseconds) -> list[VirtualServerEffect]:
        """Return what must be done because of ``event``, in the order in which the reference does it."""
        del now
        match event:
            case Initialise(down=down):
                return self._initialise(down)
            case CheckerVerdict():
                return self._judge(event)
            case WeightChanged(real_server=position, weight=weight):
                return self._change_weight(self.servers[position], weight)
            case DestinationRefused(destination=key):
                return self._refused(key)
            case Shutdown():
                return self._shut_down()

    @property
    def services(self) -> tuple[Service, ...]:
        """The kernel's services: one, or those of the group."""
        return self._entries.services

    def wanted(self) -> tuple[WantedService, ...]:
        """Return the services as the table should hold them now, their destinations in configuration order."""
        order = [*self.servers, *([self.sorry] if self.sorry is not None else [])]
        return self._entries.wanted(server.configuration for server in order)

    def alive(self) -> tuple[bool, ...]:
        """Return which real servers are up, in configuration order."""
        return tuple(server.is_alive for server in self.servers)

    def rebuild(self) -> None:
        """Derive the table and the sum of weights from the servers' states, after these were carried over by a reload."""
        self._weight_alive = sum(kernel_weight(server.weight) for server in self.servers if server.is_alive)
        self._entries.clear()
        in_use = self.real_servers_in_use()
        for server in self.servers:
            if server.inserted:
                idle = server.inhibit and not (server.is_alive and in_use)
                self._entries.hold(server.configuration, 0 if idle else server.weight)
        sorry = self.sorry
        if sorry is not None and sorry.inserted and (sorry.is_alive or not self._sorry_is_a_real_server):
            self._entries.hold(sorry.configuration, sorry.weight if sorry.is_alive else 0)

    @property
    def sorry_server_is_active(self) -> bool:
        """Whether the sorry server stands in for the real ones."""
        return self.sorry is not None and self.sorry.is_alive

    # --- start and stop -----------------------------------------------------------------------------------------------

    def _initialise(self, down: frozenset[int]) -> list[VirtualServerEffect]:
        effects: list[VirtualServerEffect] = _changes(self._entries.begin())
        for position, server in enumerate(self.servers):
            if position in down:
                server.failed_checkers = len(self.configuration.real_servers[position].checkers)
            if server.failed_checkers and not server.inhibit:
                continue
            effects += self.insert(server)
            if not server.failed_checkers:
                self.set_alive(server, alive=True)
                if self.settings.rs_init_notifies:
                    effects.append(self.notify_real_server(server))
        effects += self.update_quorum(initial=True)
        sorry = self.sorry
        if sorry is not None and sorry.inhibit and not sorry.inserted:
            sorry.inserted = True
            if not self._sorry_is_a_real_server:
                effects += _changes(self._entries.add(sorry.configuration, 0))
        return effects

    def _shut_down(self) -> list[VirtualServerEffect]:
        effects: list[VirtualServerEffect] = []
        if not self.settings.lvs_flush_on_stop:
            sorry = self.sorry
            if sorry is not None and sorry.inserted:
                if not self._sorry_is_a_real_server:
                    effects += self._delete(sorry)
                sorry.inserted = sorry.is_alive = False
            for server in self.servers:
                effects += self._shut_down_server(server)
        self.quorum_is_up = False
        if self.configuration.omega:
            effects.append(self.notify_virtual_server(stopping=True))
            if self.configuration.smtp_alert:
                effects.append(self.mail_virtual_server("Shutting down"))
        return effects + _changes(self._entries.end())

    def _shut_down_server(self, server: ServerState) -> list[VirtualServerEffect]:
        inhibited = "(inhibited) " if server.inhibit and not server.is_alive else ""
        effects: list[VirtualServerEffect] = [
            Log(text=f"Shutting down {inhibited}service {server.name} from VS {self.name}")
        ]
        if not server.inserted:
            return effects
        effects += self._delete(server)
        if not server.is_alive:
            return effects
        self.set_alive(server, alive=False)
        if self.configuration.omega:
            effects.append(self.notify_real_server(server, stopping=True))
            if wants_mail(server):
                effects.append(self.mail_real_server(server, "Shutting down"))
        return effects

    # --- verdicts -----------------------------------------------------------------------------------------------------

    def _judge(self, verdict: CheckerVerdict) -> list[VirtualServerEffect]:
        server = self.servers[verdict.real_server]
        if verdict.was_up == verdict.is_up:
            alpha = self.configuration.real_servers[verdict.real_server].checkers[verdict.checker].common.alpha
            if verdict.first and (alpha or not verdict.is_up):
                return [self.notify_real_server(server)]
            return []
        was_alive = server.is_alive
        effects: list[VirtualServerEffect] = []
        if verdict.is_up:
            if server.failed_checkers <= 1:
                effects += self.perform(server, alive=True)
            server.failed_checkers = max(0, server.failed_checkers - 1)
        else:
            if server.failed_checkers == 0:
                effects += self.perform(server, alive=False)
            server.failed_checkers += 1
        changed = was_alive != server.is_alive
        server.changed_by = (verdict.checker, verdict.was_up) if changed else None
        server.refusals = 0
        if wants_mail(server) and (changed or not self.settings.no_checker_emails):
            effects.append(self.mail_real_server(server, verdict.report))
        return effects

    def perform(self, server: ServerState, *, alive: bool) -> list[VirtualServerEffect]:
        """Take a real server up or down; the quorum may follow."""
        if server.is_alive == alive:
            return []
        if server.inhibit:
            text = f"{'Enabling' if alive else 'Disabling'} service {server.name} of VS {self.name}"
        elif alive:
            text = f"Adding service {server.name} to VS {self.name}"
        else:
            text = f"Removing service {server.name} from VS {self.name}"
        effects: list[VirtualServerEffect] = [Log(text=text)]
        if self.real_servers_in_use():
            # The verdict's own checker is still counted as failed, which must not put it in with weight 0.
            effects += self.insert(server, failed=False) if alive else self._withdraw(server)
        self.set_alive(server, alive=alive)
        effects.append(self.notify_real_server(server))
        return effects + self.update_quorum(initial=False)

    def _refused(self, key: DestinationKey) -> list[VirtualServerEffect]:
        """Undo the verdict that led to a change which the kernel refused."""
        for position, server in enumerate(self.servers):
            if server.changed_by is None or not self._entries.is_entry_of(key, server.configuration):
                continue
            server.refusals += 1
            if server.refusals < len(self.services):  # in the rest of the group it serves
                return []
            checker, was_up = server.changed_by
            server.changed_by = None
            server.failed_checkers = max(0, server.failed_checkers + (-1 if was_up else 1))
            self.set_alive(server, alive=was_up)
            if was_up:
                self._entries.hold(server.configuration, server.weight)
                server.inserted = True
            elif not server.inhibit:
                self._entries.forget(server.configuration)
                server.inserted = False
            return [
                RevertChecker(real_server=position, checker=checker, is_up=was_up),
                self.notify_real_server(server),
                *self.update_quorum(initial=False),
            ]
        return []

    def _change_weight(self, server: ServerState, weight: int) -> list[VirtualServerEffect]:
        old, new = kernel_weight(server.weight), kernel_weight(weight)
        server.weight = weight
        if server.is_alive:
            self._weight_alive += new - old
        if old == new:
            return []
        activity = "active" if server.is_alive else "inactive"
        effects: list[VirtualServerEffect] = [
            Log(text=f"Changing weight from {old} to {new} for {activity} service {server.name} of VS {self.name}")
        ]
        if server.inserted and server.is_alive and self.real_servers_in_use():
            effects += self._set(server, weight=weight)
        return effects + self.update_quorum(initial=False)

    def set_alive(self, server: ServerState, *, alive: bool) -> None:
        """Take a server as up or down, nothing else."""
        if server.is_alive != alive:
            server.is_alive = alive
            self._weight_alive += kernel_weight(server.weight) * (1 if alive else -1)

    # --- quorum -------------------------------------------------------------------------------------------------------

    def real_servers_in_use(self) -> bool:
        """Tell whether the real servers serve, not the sorry server."""
        return self.quorum_is_up or self.sorry is None or not self.sorry.is_alive

    def update_quorum(self, *, initial: bool) -> list[VirtualServerEffect]:
        """Gain or lose the quorum if the weights say so; ``initial`` at the start and after a reload."""
        weight = self._weight_alive
        quorum, hysteresis = self.configuration.quorum, self.configuration.hysteresis
        if not self.quorum_is_up:
            threshold = quorum + hysteresis
            if weight > 0 and weight >= threshold:
                return self._gain_quorum(threshold, weight, initial=initial)
            if not (initial and self.sorry is not None and not self.sorry.is_alive):
                return []
            return self._lose_quorum(threshold, weight, initial=True)
        threshold = quorum - hysteresis
        if weight == 0 or weight < threshold:
            return self._lose_quorum(threshold, weight, initial=initial)
        return []

    def _gain_quorum(self, threshold: int, weight: int, *, initial: bool) -> list[VirtualServerEffect]:
        self.quorum_is_up = True
        configuration = self.configuration
        sum_text = f"{configuration.quorum}+{configuration.hysteresis}={threshold} <= {weight}"
        effects: list[VirtualServerEffect] = [Log(text=f"Gained quorum {sum_text} for VS {self.name}")]
        sorry = self.sorry
        if sorry is not None and sorry.is_alive:
            word = "Disabling" if sorry.inhibit else "Removing"
            effects.append(Log(text=f"{word} sorry server {sorry.name} from VS {self.name}"))
            effects += self._withdraw(sorry)
            sorry.is_alive = False
            effects.append(Log(text=f"Adding alive servers to the pool for VS {self.name}"))
            for server in self.servers:
                if server.is_alive:
                    effects += self.insert(server)
        effects.append(self.notify_virtual_server())
        if configuration.smtp_alert:
            effects.append(
                self.mail_virtual_server(f"{'Starting with quorum up' if initial else 'Gained quorum'} {sum_text}")
            )
        return effects

    def _lose_quorum(self, threshold: int, weight: int, *, initial: bool) -> list[VirtualServerEffect]:
        self.quorum_is_up = False
        configuration = self.configuration
        what = "Starting with quorum down" if initial else "Lost quorum"
        quorum, hysteresis = configuration.quorum, configuration.hysteresis
        effects: list[VirtualServerEffect] = [
            Log(text=f"{what} {quorum}-{hysteresis}={threshold} > {weight} for VS {self.name}")
        ]
        sorry = self.sorry
        if sorry is not None and not sorry.is_alive:
            word = "Enabling" if sorry.inhibit else "Adding"
            effects.append(Log(text=f"{word} sorry server {sorry.name} to VS {self.name}"))
            effects.append(Log(text=f"Removing alive servers from the pool for VS {self.name}"))
            for server in self.servers:
                if server.is_alive:
                    effects += self._withdraw(server)
            effects += self.insert(sorry)
            sorry.is_alive = True
        effects.append(self.notify_virtual_server())
        if configuration.smtp_alert:
            # The reference's format has the sign of gaining in its mails (reference/checker-behaviour.md §16).
            effects.append(self.mail_virtual_server(f"{what} {quorum}+{hysteresis}={threshold} <= {weight}"))
        return effects

    # --- the table ----------------------------------------------------------------------------------------------------

    def insert(self, server: ServerState, *, failed: bool | None = None) -> list[VirtualServerEffect]:
        """Do the reference's ADDDEST: with inhibit a server that is already there only gets its weight back."""
        if failed is None:
            failed = server.failed_checkers > 0
        if server.inhibit and server.inserted:
            return self._set(server, weight=server.weight)
        server.inserted = True
        return _changes(self._entries.add(server.configuration, 0 if server.inhibit and failed else server.weight))

    def _withdraw(self, server: ServerState) -> list[VirtualServerEffect]:
        """Do the reference's DELDEST: with inhibit the server stays with weight 0."""
        return self._set(server, weight=0) if server.inhibit else self._delete(server)

    def _set(self, server: ServerState, *, weight: int) -> list[VirtualServerEffect]:
        return _changes(self._entries.change(server.configuration, weight))

    def _delete(self, server: ServerState) -> list[VirtualServerEffect]:
        server.inserted = False
        return _changes(self._entries.remove(server.configuration))

    # --- telling the outside ------------------------------------------------------------------------------------------

    def notify_real_server(self, server: ServerState, *, stopping: bool = False) -> Notify:
        """Return the notification of a server's present state."""
        configuration = server.configuration
        state, attribute = ("UP", "notify_up") if server.is_alive else ("DOWN", "notify_down")
        return Notify(
            line=f"RS {server.name} {self.name} {state}",
            command=getattr(configuration, attribute, None),
            stopping=stopping,
        )

    def notify_virtual_server(self, *, stopping: bool = False) -> Notify:
        """Return the notification of the quorum's present state."""
        if self.quorum_is_up:
            state, command = "UP", self.configuration.quorum_up
        else:
            state, command = "DOWN", self.configuration.quorum_down
        return Notify(line=f"VS {self.name} {state}", command=command, stopping=stopping)

    def mail_real_server(self, server: ServerState, report: str) -> MailRealServer:
        """Return the mail about a server's present state."""
        return MailRealServer(real_server=server.name, virtual_server=self.name, is_up=server.is_alive, report=report)

    def mail_virtual_server(self, report: str) -> MailVirtualServer:
        """Return the mail about the quorum's present state."""
        return MailVirtualServer(virtual_server=self.name, is_up=self.quorum_is_up, report=report)


def _changes(changes: tuple[TableChange, ...]) -> list[VirtualServerEffect]:
    return [ChangeDestinations(changes=changes)] if changes else []


def wants_mail(server: ServerState) -> bool:
    """Tell whether mails about this server are wanted."""
    return getattr(server.configuration, "smtp_alert", False)
