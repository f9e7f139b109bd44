"""Keywords of the VRRP blocks. Data only."""

from __future__ import annotations

from typing import Final

from keepalived_py.config.keywords.model import Keyword, table

VRRP_INSTANCE: Final[dict[str, Keyword]] = table("""
use_vmac [[name] IFNAME] [MAC] [group GROUP] [netlink_notify_msg] | words | name vmac_prefix.VRID | 2.2.7
  Send from a private macvlan carrying the virtual MAC
use_vmac_addr | flag | off | 2.2.7
  VIPs on other interfaces (or other family) also get a macvlan
vmac_xmit_base | flag | off | 2.2.7
  Send/receive adverts on the base interface rather than the macvlan
use_ipvlan [[name] IFNAME] [ADDR] [bridge/private/vepa] [group GROUP] | words | name vmac_prefix.VRID, bridge | 2.2.7
  Use an L2 ipvlan; ADDR becomes its address and the source address
unicast_peer { } | lines | - | 2.2.7
  Send unicast to these peers
unicast_fault_no_peer | flag | off | 2.2.7
  Stay in FAULT when unicast is configured but no peer given
check_unicast_src | flag | off (implied by min_ttl/max_ttl) | 2.2.7
  Accept unicast only from configured peers; marks instance as unicast
old_unicast_checksum [never] | words | auto detect | 2.2.7
  VRRPv3 IPv4 unicast: bare = always checksum against the multicast group (pre 1.3.6 behaviour); never = no auto
  detection; marks instance as unicast
native_ipv6 | flag | off | 2.2.7
  Force IPv6/VRRPv3 when no address tells the family
state MASTER or BACKUP | str | BACKUP, or MASTER if priority 255 | 2.2.7
  Wanted initial state; no effect on start-up timing unless priority is 255 (others always start BACKUP for a full
  down time), but gives priority 255 when none is set and clears nopreempt/preempt_delay
interface IFNAME | str | required unless unicast with unicast_src_ip | 2.2.7
  Interface of the instance
vrf IFNAME | str | none | 2.2.7
  Bind interface-less unicast instance to a VRF
dont_track_primary | flag | off | 2.2.7
  Do not go to FAULT when own interface is down
track_interface { } | lines | - | 2.2.7
  Other interfaces to track
track_script { } | lines | - | 2.2.7
  Scripts to track
track_file { } | lines | - | 2.2.7
  Files to track
track_process { } | lines | - | 2.2.7
  Processes to track
track_bfd { } | lines | - | 2.2.7
  BFD sessions to track
mcast_src_ip ADDR | str | first address of interface | 2.2.7
  Source address of adverts
unicast_src_ip ADDR | str | first address of interface | 2.2.7
  As mcast_src_ip; also marks instance as unicast
mcast_dst_ip ADDR | str | global group | 2.2.7
  Destination of adverts for this instance
track_src_ip | flag | off | 2.2.7
  FAULT while the configured source address is absent
virtual_router_id N | uint 1..255 | required | 2.2.7
  ! ({name}): VRID '{1}' not valid - must be between 1 & 255
  VRID; unique per family+socket (interface) unless unicast with different peers
unicast_ttl N | uint 0..255 | 255 (v4), kernel default (v6) | 2.2.7
  ! ({name}): TTL '{1}' not valid - must be between 0 & 255
  TTL/hop limit of unicast adverts
version N | int~ 2..3 | v4: vrrp_version; v6: 3 | 2.2.7
  ! ({name}): Version must be either 2 or 3
  Protocol version
priority N | uint 1..255 | 255 if state MASTER else 100 | 2.2.7
  !=100 ({name}) Priority not valid! must be between 1 & 255. Using default 100
  Base priority
advert_int SECS | dec6~ 0.01..255 | 1 | 2.2.7
  ! ({name}) Advert interval ({1}) not valid! Must be > 0 - ignoring
  Advert interval
virtual_ipaddress { } | lines | at least one for v3/strict | 2.2.7
  Addresses advertised and owned by the master; first decides the family
virtual_ipaddress_excluded { } | lines | - | 2.2.7
  Addresses owned by the master but not advertised
no_virtual_ipaddress | flag | off | 2.2.8
  Permit an instance without VIPs
promote_secondaries | flag | off | 2.2.7
  Set promote_secondaries on the interface while running
linkbeat_use_polling | flag | off | 2.2.7
  Poll link state of the instance interface
v3_checksum_as_v2 [BOOL] | bool | global default | 2.2.8
  ! ({name}) invalid v3_checksum_as_v2 {1} specified
  VRRPv3/IPv4: compute checksum without pseudo header and never reject a received checksum
virtual_routes { } | lines | - | 2.2.7
  Routes present while MASTER
virtual_rules { } | lines | - | 2.2.7
  Policy rules present while MASTER
accept | flag | on unless strict | 2.2.7
  Accept packets addressed to VIPs
no_accept | flag | - | 2.2.7
  Drop packets to VIPs (except ND) with nftables/iptables
skip_check_adv_addr [BOOL] | bool | global default | 2.2.7
  ! ({name}) invalid skip_check_adv_addr {1} specified
  Skip comparing advertised addresses when advert is from the same master as the previous one
strict_mode [BOOL] | bool | vrrp_strict | 2.2.7
  ! ({name}) invalid strict_mode {1} specified
  Enforce RFC behaviour (see vrrp-behaviour.md)
preempt | flag | on | 2.2.7
  Cancel earlier nopreempt
nopreempt | flag | off | 2.2.7
  Do not take over from a lower priority master
preempt_delay SECS | dec6~ 0..1000 | 0 | 2.2.7
  !=0 ({name}) Preempt_delay not valid! must be between 0-1000
  Wait this long after seeing a lower priority master before preempting
debug N | uint~ 0..4 | 0 | 2.2.7
  ! ({name}) Debug value '{1}' not valid; must be between 0-4
  Accepted, stored, unused
notify_backup SCRIPT [USER [GROUP]] | script | none | 2.2.7
  & ({name}) notify_backup script already specified - ignoring {1}
  Run on entering BACKUP, no added arguments
notify_master SCRIPT [USER [GROUP]] | script | none | 2.2.7
  & ({name}) notify_master script already specified - ignoring {1}
  Run on entering MASTER
notify_fault SCRIPT [USER [GROUP]] | script | none | 2.2.7
  & ({name}) notify_fault script already specified - ignoring {1}
  Run on entering FAULT (also when deleted by reload without notify_deleted)
notify_stop SCRIPT [USER [GROUP]] | script | none | 2.2.7
  & ({name}) notify_stop script already specified - ignoring {1}
  Run when keepalived stops (1 s limit)
notify_deleted [SCRIPT [USER [GROUP]]] | script | off | 2.2.7
  & ({name}) notify_deleted already specified - ignoring {1}
  Report DELETED rather than FAULT when a reload removes the instance, and run the script
notify SCRIPT [USER [GROUP]] | script | none | 2.2.7
  & ({name}) notify script already specified - ignoring {1}
  Run at every change with INSTANCE NAME STATE PRIORITY appended
notify_master_rx_lower_pri SCRIPT [USER [GROUP]] | script | none | 2.2.7
  & ({name}) notify_master_rx_lower_pri script already specified - ignoring {1}
  Run when a MASTER receives a lower priority advert
smtp_alert [BOOL] | bool | smtp_alert_vrrp, then smtp_alert, then off | 2.2.7
  ! Invalid vrrp_instance smtp_alert parameter {1}
  Mail on state change
notify_priority_changes [BOOL] | bool | group, then vrrp_notify_priority_changes | 2.2.7
  ! ({name}) Invalid value '{1}' for notify_priority_changes specified
  Write priority changes to FIFOs
lvs_sync_daemon_interface IFNAME | str | none | 2.2.7
  Old form of lvs_sync_daemon bound to this instance
garp_master_delay SECS | uint~ 0..4294 | vrrp_garp_master_delay | 2.2.7
  ! ({name}): garp_master_delay '{1}' invalid - ignoring
  Delay of second set of gratuitous ARPs after becoming MASTER
garp_master_refresh SECS | uint~ 0..u32 | vrrp_garp_master_refresh | 2.2.7
  !=0 ({name}): Invalid garp_master_refresh '{1}' - ignoring
  Period of refresh while MASTER
garp_master_repeat N | uint~ 0..u32 | vrrp_garp_master_repeat | 2.2.7
  ! ({name}): garp_master_repeat '{1}' invalid - ignoring
  Messages per VIP in each set
garp_master_refresh_repeat N | uint~ 0..u32 | vrrp_garp_master_refresh_repeat | 2.2.7
  ! ({name}): garp_master_refresh_repeat '{1}' invalid - ignoring
  Messages per refresh
garp_lower_prio_delay SECS | uint~ 0..4294 | vrrp_garp_lower_prio_delay | 2.2.7
  ! ({name}): garp_lower_prio_delay '{1}' invalid - ignoring
  Delay of second set after a lower priority advert
garp_lower_prio_repeat N | uint~ 0..i32 | vrrp_garp_lower_prio_repeat | 2.2.7
  ! ({name}): Invalid garp_lower_prio_repeat '{1}'
  Messages after a lower priority advert
down_timer_adverts N | uint~ 1..100 | vrrp_down_timer_adverts | 2.2.7
  ! ({name}): Invalid down_timer_adverts [1:100] '{1}'
  Missed adverts before takeover
timer_expired_backup [HIGHEST_OTHER_PRIORITY] | words | 254 when bare; off | 2.2.8
  With nopreempt: go to BACKUP if the process was not scheduled long enough that another node may have become
  MASTER
thread_timer_expired [N] | words | 254 | 2.3.2
  As timer_expired_backup
garp_extra_if [all] SECS | words | vrrp_garp_extra_if | 2.2.7
  Periodic GARP on secondary VMAC interfaces (all = all VIP interfaces)
vmac_garp_intvl [all] SECS | words | - | 2.2.7
  As garp_extra_if
lower_prio_no_advert [BOOL] | bool | vrrp_lower_prio_no_advert | 2.2.7
  ! ({name}) invalid lower_prio_no_advert {1} specified
  MASTER does not answer a lower priority advert at once
higher_prio_send_advert [BOOL] | bool | vrrp_higher_prio_send_advert | 2.2.7
  ! ({name}) invalid higher_prio_send_advert {1} specified
  MASTER sends one more advert when yielding
owner_ignore_adverts [BOOL] | bool | 255: strict on, else vrrp_owner_ignore_adverts | 2.3.3
  ! ({name}) invalid owner_ignore_adverts {1} specified
  Priority 255 instance drops all adverts
kernel_rx_buf_size BYTES | words | vrrp_rx_bufs_policy | 2.2.7
  Receive buffer share of this instance
authentication { } | block | - | 2.2.7
  Legacy VRRPv2 authentication (build option)
auth_hmac { } | block | - | 2.4.0
  HMAC trailer authentication (build option with OpenSSL)
""")

AUTHENTICATION: Final[dict[str, Keyword]] = table("""
auth_type PASS or AH | str | none | 2.2.7
  Authentication type
auth_pass SECRET | str | none | 2.2.7
  Password / AH key
""")

AUTH_HMAC: Final[dict[str, Keyword]] = table("""
key ID VALUE | words | none | 2.4.0
  Adds a key
active_key ID | uint 1..255 | required | 2.4.0
  ! ({name}) auth_hmac active_key '{1}' must be between 1 and 255
  Key used for sending
time_window SECS | uint 1..300 | 3*advert_int whole seconds, clamped 5..300 | 2.4.0
  ! ({name}) auth_hmac time_window '{1}' must be between 1 and 300 seconds
  Accepted clock difference
anti_replay time or monotonic | str | time | 2.4.0
  time: freshness window plus growth; monotonic: growth only
mode enforce, permissive or receive-only | str | enforce | 2.4.0
  Migration mode; strict forces enforce
""")

VRRP_SYNC_GROUP: Final[dict[str, Keyword]] = table("""
group { } | names | required | 2.2.7
  Members (must be defined somewhere, order free)
track_interface { } | lines | - | 2.2.7
  Tracked by every member
track_script { } | lines | - | 2.2.7
  Tracked by every member
track_file { } | lines | - | 2.2.7
  Tracked by every member
track_process { } | lines | - | 2.2.7
  Tracked by every member
track_bfd { } | lines | - | 2.2.7
  Tracked by every member
notify_backup SCRIPT [USER [GROUP]] | script | none | 2.2.7
  & vrrp group {name}: notify_backup script already specified - ignoring {1}
  Run when the group goes to BACKUP
notify_master SCRIPT [USER [GROUP]] | script | none | 2.2.7
  & vrrp group {name}: notify_master script already specified - ignoring {1}
  Run when the group goes to MASTER
notify_fault SCRIPT [USER [GROUP]] | script | none | 2.2.7
  & vrrp group {name}: notify_fault script already specified - ignoring {1}
  Run when the group goes to FAULT
notify_stop SCRIPT [USER [GROUP]] | script | none | 2.2.7
  & vrrp group {name}: notify_stop script already specified - ignoring {1}
  Run at shutdown
notify SCRIPT [USER [GROUP]] | script | none | 2.2.7
  & vrrp group {name}: notify script already specified - ignoring {1}
  Run at every change with GROUP NAME STATE 0 appended
smtp_alert [BOOL] | bool | smtp_alert_vrrp, then smtp_alert, then off | 2.2.7
  ! Invalid vrrp_group smtp_alert parameter {1}
  Mail on group state change
global_tracking | flag | off | 2.2.7
  As sync_group_tracking_weight
sync_group_tracking_weight | flag | off | 2.2.7
  Allow weighted trackers on members/group (otherwise member weights are dropped)
notify_priority_changes [BOOL] | bool | unset (inherit) | 2.2.7
  ! ({name}) Invalid value '{1}' for sync group notify_priority_changes specified
  Default notify_priority_changes of members
""")

VRRP_SCRIPT: Final[dict[str, Keyword]] = table("""
script COMMAND or quoted "COMMAND ARGS" | script | required | 2.2.7
  Command run each interval
interval SECS | dec3~ 0..4294 | 1 | 2.2.7
  ! ({name}): vrrp script interval '{1}' must be between 0.001 and 4294 - ignoring
  Time between starts
timeout SECS | dec3~ 0..4294 | = interval (stored 0) | 2.2.7
  ! ({name}): vrrp script timeout '{1}' invalid - ignoring
  Kill a run after this
weight N [reverse] | words | 0 | 2.2.7
  Default priority change; 0 = fault on failure
rise N | uint~ 1..i32 | 1 | 2.2.7
  !=1 ({name}): vrrp script rise value '{1}' invalid, defaulting to 1
  Consecutive successes needed
fall N | uint~ 1..i32 | 1 | 2.2.7
  !=1 ({name}): vrrp script fall value '{1}' invalid, defaulting to 1
  Consecutive failures needed
user USER [GROUP] | words | script_user default | 2.2.7
  Identity to run as (also separates scripts on reload)
init_fail | flag | off | 2.2.7
  Intended: assume failure until first success. Has no effect once a track_script refers to the script (reference
  resets the initial state)
""")

VRRP_TRACK_PROCESS: Final[dict[str, Keyword]] = table("""
process NAME [PARAM...] | words | required | 2.2.7
  Executable (comm or argv[0]) and optional parameters; parameters imply full_command and exact matching
param_match [initial/partial] | words | none, or exact if params given | 2.2.7
  How parameters are compared; implies full_command. Upstream: "partial" compares the whole configured parameter
  block as a prefix, "initial" the same less its final NUL
weight N [reverse] | words | 0 | 2.2.7
  ? No weight specified for track process {name} - ignoring
  Priority change when quorum is met (positive) or not (negative); 0 = fault
quorum N | uint~ 1..65535 | 1 | 2.2.7
  ! Quorum ({1}) for vrrp_track_process {name} must be between [1..65535] inclusive. Ignoring...
  Minimum number of processes
quorum_max N | uint~ 0..65535 | unlimited | 2.2.7
  ! quorum_max ({1}) for vrrp_track_process {name} must be between [0..65535] inclusive. Ignoring...
  Maximum number; 0 means the process must not run (sets quorum 0)
delay SECS | dec6~ 0.000001..3600 | 0 | 2.2.7
  ! delay ({1}) for vrrp_track_process {name} must be between [0.000001..3600] inclusive. Ignoring...
  Sets both fork_delay and terminate_delay
terminate_delay SECS | dec6~ 0.000001..3600 | 0 | 2.2.7
  ! terminate_delay ({1}) for vrrp_track_process {name} must be between [0.000001..3600] inclusive. Ignoring...
  Delay before a loss of quorum counts
fork_delay SECS | dec6~ 0.000001..3600 | 0 | 2.2.7
  ! fork_delay ({1}) for vrrp_track_process {name} must be between [0.000001..3600] inclusive. Ignoring...
  Delay before a gain of quorum counts
full_command | flag | off | 2.2.7
  Match argv[0] from cmdline rather than comm (15 chars)
""")

GARP_GROUP: Final[dict[str, Keyword]] = table("""
garp_interval SECS | dec6~ 0..4294.967295 | unset | 2.2.7
  ! garp_group garp_interval '{1}' invalid
  Gap between gratuitous ARPs of the group
gna_interval SECS | dec6~ 0..4294.967295 | unset | 2.2.7
  ! garp_group gna_interval '{1}' invalid
  Gap between unsolicited NAs of the group
interface IFNAME | str | - | 2.2.7
  Single interface in the group
interfaces { } | names | - | 2.2.7
  Several interfaces in the group
""")

TRACK_GROUP: Final[dict[str, Keyword]] = table("""
group { } | names | required | 2.2.7
  Members
""")

TRACK_FILE: Final[dict[str, Keyword]] = table("""
file PATH | str | required | 2.2.7
  ? track file file name missing
  & File already set for track file {name} - ignoring {1}
  File to watch
weight N [reverse] | words | 1 | 2.2.7
  ? No weight specified for track file {name} - ignoring
  Default multiplier; 0 = any non-zero content is a fault
init_file [VALUE] [overwrite] | words | 0 | 2.2.7
  Create (or with overwrite rewrite) the file with VALUE at start, not on reload or -t
""")

BFD_INSTANCE: Final[dict[str, Keyword]] = table("""
weight N [reverse] | words | 0 | 2.2.7
  (VRRP process) default weight for track_bfd references; 0 = fault when down
vrrp | flag | on if neither vrrp nor checker given | 2.2.7
  Session events go to the VRRP process
checker | flag | on if neither given | 2.2.7
  Session events go to the checker process
source_ip ADDR | str | unset | 2.2.7
  (BFD process) local address
neighbor_ip ADDR | str | required | 2.2.7
  (BFD process) peer address, port 3784 (4784 multihop)
neighbour_ip ADDR | str | required | 2.2.7 | alias of neighbor_ip
  As neighbor_ip
min_rx MS | dec3 1..4294967 | 10 | 2.2.7
  ! Configuration error: BFD instance {name} min_rx value {1} is not valid (must be in range [1-4294967]), ignoring
  (BFD process) required minimum receive interval
min_tx MS | dec3 1..4294967 | 10 | 2.2.7
  ! Configuration error: BFD instance {name} min_tx value {1} is not valid (must be in range [1-4294967]), ignoring
  (BFD process) desired minimum transmit interval
idle_tx MS | dec3 1000..4294967 | 1000 | 2.2.7
  ! Configuration error: BFD instance {name} idle_tx value {1} is not valid (must be in range [1000-4294967]), ignoring
  (BFD process) transmit interval while session is down
multiplier N | uint 1..255 | 5 | 2.2.7
  ! Configuration error: BFD instance {name} multiplier value {1} not valid (must be in range [1-255]), ignoring
  (BFD process) detection multiplier
passive | flag | off | 2.2.7
  (BFD process) do not initiate the session
ttl N | uint 1..255 | 255 (IPv4) / 64 (IPv6) | 2.2.7
  ! Configuration error: BFD instance {name} ttl/hoplimit value {1} not valid (must be in range [1-255]), ignoring
  (BFD process) TTL of sent packets
hoplimit N | uint 1..255 | as ttl | 2.2.7 | alias of ttl
  ! Configuration error: BFD instance {name} ttl/hoplimit value {1} not valid (must be in range [1-255]), ignoring
  Synonym of ttl for IPv6
max_hops N | int -1..255 | 0 | 2.2.7
  ! Configuration error: BFD instance {name} max_hops value {1} not valid (must be in range [-1-255]), ignoring
  (BFD process) max hops a received packet may have travelled; 255/-1 = effectively no check
multihop [BOOL] | bool | off | 2.2.7
  ! Configuration error: BFD instance {name} multihop setting not valid - {1}
  (BFD process) use multihop port 4784
""")
