"""Keywords outside the VRRP and LVS blocks: at the root of the file and in ``global_defs``. Data only."""

from __future__ import annotations

from typing import Final

from keepalived_py.config.keywords.model import Keyword, table

ROOT: Final[dict[str, Keyword]] = table("""
linkbeat_use_polling | flag | off | 2.2.7
  Poll link state (ioctl/MII/ethtool) on every interface used by an instance instead of trusting netlink flags
net_namespace NAME | str | none | 2.2.7
  ? net_namespace name missing - ignoring
  & Duplicate net_namespace definition {1} - ignoring
  Run all processes in that network namespace; also turns on use_pid_dir, own mount ns and bind mount of
  /run/keepalived/NAME
net_namespace_ipvs [NAME] | words | same as net_namespace | 2.2.7
  & Duplicate net_namespace_ipvs definition {1} - ignoring
  Namespace used for IPVS calls; no argument = the namespace keepalived was started in
namespace_with_ipsets | flag | off | 2.2.7
  Allow ipsets when running in a namespace on old kernels
use_pid_dir | flag | off | 2.2.7
  PID files go to /run/keepalived/ instead of /run
instance NAME | str | none | 2.2.7
  ? instance name missing - ignoring
  & Duplicate instance definition {1} - ignoring
  Instance name: suffix for pid files, syslog ident, reload file, optional dump names; turns on use_pid_dir; not
  the same as $_INSTANCE
child_wait_time SECS | uint 0..u32 | 5 | 2.2.7
  ! Invalid child_wait_time {1}
  How long the parent waits for children after TERM before KILL
global_defs { } | block | - | 2.2.7
  Container for global options; may occur several times (settings accumulate)
track_group NAME { } | block | - | 2.2.7
  Names vrrp instances that are in FAULT while the interface of a static entry with this track_group is down; must
  precede the static_* block that refers to it
static_ipaddress { } | lines | - | 2.2.7
  Addresses added at start, deleted at stop, not tied to VRRP state
static_routes { } | lines | - | 2.2.7
  Routes added at start, removed at stop
static_rules { } | lines | - | 2.2.7
  Policy rules added at start, removed at stop
vrrp_sync_group NAME { } | block | - | 2.2.7
  Group of instances that change state together
garp_group { } | block | - | 2.2.7
  Rate limit for gratuitous ARP/NA shared by one or more interfaces
linkbeat_interfaces { } | lines | - | 2.2.7
  Poll link state on these interfaces with the given method (default: best supported)
vrrp_instance NAME { } | block | - | 2.2.7
  Defines one VRRP instance
vrrp_script NAME { } | block | - | 2.2.7
  Periodic health script; must be defined before instances/groups that track it
vrrp_track_process NAME { } | block | - | 2.2.7
  Tracks number of running processes via the kernel process connector; define before use
interface_up_down_delays { } | lines | 0 0 | 2.2.7
  Debounce interface down/up events
track_file NAME { } | block | - | 2.2.7
  Track an integer held in a file (VRRP weight / RS weight); define before use
vrrp_track_file NAME { } | block | - | 2.2.7
  Same as track_file
bfd_instance NAME { } | block | - | 2.2.7
  BFD session; the VRRP process only reads weight/vrrp/checker and ignores the rest, the BFD process reads the
  rest
SSL { } | block | none (auto context) | 2.2.7
  TLS client material shared by every SSL_GET checker of the process
virtual_server_group NAME { } | lines | - | 2.2.7
  named set of virtual addresses/fwmarks usable by 'virtual_server group NAME' (may be defined after its use)
virtual_server IP [PORT] { } | block | port 0 | 2.2.7
  virtual service on address/port/protocol
""")

GLOBAL_DEFS: Final[dict[str, Keyword]] = table("""
process_names | flag | off | 2.2.7
  Set child process names keepalived_vrrp, keepalived_lvs, keepalived_bfd
process_name NAME | str | executable name | 2.2.7
  Process name (comm) of the parent
vrrp_process_name NAME | str | - | 2.2.7
  Process name of VRRP child
checker_process_name NAME | str | - | 2.2.7
  Process name of checker child
lvs_process_name NAME | str | - | 2.2.7
  Same as checker_process_name
bfd_process_name NAME | str | - | 2.2.7
  Process name of BFD child
use_symlink_paths [BOOL] | bool | off (symlinks resolved) | 2.3.0
  ! Invalid value '{1}' for global use_symlink_path specified
  Keep script paths as written instead of replacing them with their resolved path
set_supplementary_groups [BOOL] | bool | off | post-2.4.3
  ! Invalid set_supplementary_groups parameter {1}
  Give every script process the supplementary groups of its user
router_id NAME | str | canonical host name | 2.2.7
  ? routerid name missing - ignoring
  Identifies this node in mail subjects, SNMP and traps
notification_email_from ADDR | words | user@hostname | 2.2.7
  ? emailfrom missing - ignoring
  Sender of alert mails
smtp_server HOST [PORT] | words | none; port 25 | 2.2.7
  Mail relay; without it no alerts are sent
smtp_helo_name NAME | words | local host name | 2.2.7
  HELO argument
smtp_connect_timeout SECS | uint~ 0..4294 | 30 | 2.2.7
  ! smtp_connect_timeout '{1}' must be in [0, 4294] - ignoring
  Timeout for every SMTP step
notification_email { } | names | none | 2.2.7
  Recipients; several blocks accumulate
smtp_alert [BOOL] | bool | unset (=off) | 2.2.7
  ! Invalid value '{1}' for global smtp_alert specified
  Default for smtp_alert of instances, groups and virtual servers
startup_script SCRIPT [USER [GROUP]] | script | none | 2.2.7
  ? startup script missing
  & startup script already specified
  Run by the parent before children are started; default timeout 10 s
startup_script_timeout SECS | uint~ 1..1000 | 10 | 2.2.7
  ! startup_script_timeout '{1}' must be in [1, 1000] - ignoring
  ? startup_script_timeout requires value
  Limit for startup_script
shutdown_script SCRIPT [USER [GROUP]] | script | none | 2.2.7
  ? shutdown script missing
  & shutdown script already specified
  Run by the parent after children have exited
shutdown_script_timeout SECS | uint~ 1..1000 | 10 | 2.2.7
  ! shutdown_script_timeout '{1}' must be in [1, 1000] - ignoring
  ? shutdown_script_timeout requires value
  Limit for shutdown_script
max_auto_priority [N] | int~ -1..99 | 0 | 2.2.7
  ! max_auto_priority '{1}' must be in [0, 99] (or -1 to disable) - ignoring
  Ceiling for automatic raising of realtime priority when the process is scheduled late; -1 disables the notice
  too
min_auto_priority_delay USECS | uint~ 1..10000000 | 1000000 | 2.2.7
  ! min_auto_priority_delay '{1}' must be in [1, 10000000] - ignoring
  ? min_auto_priority_delay requires delay time
  Minimum scheduling delay that triggers automatic priority raise
smtp_alert_vrrp [BOOL] | bool | unset (falls back to smtp_alert) | 2.2.7
  ! Invalid value '{1}' for global smtp_alert_vrrp specified
  Default smtp_alert for VRRP instances and groups
smtp_alert_checker [BOOL] | bool | unset (falls back to smtp_alert) | 2.2.7
  ! Invalid value '{1}' for global smtp_alert_checker specified
  Default smtp_alert for real servers
checker_log_all_failures [BOOL] | bool | off | 2.2.7
  ! Invalid value for checker_log_all_failures specified
  Log every failed check, not only state changes
dynamic_interfaces [allow_if_changes] | words | off | 2.2.7
  Interfaces named in the configuration need not exist yet; with the option, an interface may come back with a
  different type
no_email_faults | flag | off | 2.2.7
  No mail for FAULT transitions
default_interface IFNAME | str | eth0 | 2.2.7
  ? default_interface requires interface name
  Interface for static addresses (and VIPs of interface-less instances) without dev
disable_local_igmp | flag | off | 2.2.7
  Set net.ipv4.igmp_link_local_mcast_reports=0 while running, restore at exit
v3_checksum_as_v2 | flag | off | 2.2.8
  Default for instance keyword: leave pseudo header out of VRRPv3/IPv4 checksum (and do not reject bad ones);
  copied to an instance when its block opens, so must precede it
lvs_timeouts [tcp N] [tcpfin N] [udp N] | words | kernel values | 2.2.7
  Set IPVS timeouts
lvs_flush | flag | off | 2.2.7
  Flush the whole IPVS table at start
lvs_flush_on_stop [VS] | words | off | 2.2.7
  Flush IPVS at stop: bare = everything, VS = per virtual server
lvs_flush_onstop [VS] | words | off | 2.2.7 | alias of lvs_flush_on_stop
  As lvs_flush_on_stop
lvs_sync_daemon IFNAME [inst] VRRP_NAME [id N] [maxlen N] [port N] [ttl N] [group ADDR] | words | none | 2.2.7
  ? lvs_sync_daemon requires interface
  Run the IPVS connection sync daemon, master/backup following the named instance
vrrp_mcast_group4 ADDR | str | 224.0.0.18 | 2.2.7
  Default IPv4 destination of adverts (also used as the pseudo header address in checksum compatibility mode)
vrrp_mcast_group6 ADDR | str | ff02::12 | 2.2.7
  Default IPv6 destination of adverts
vrrp_garp_master_delay SECS | uint~ 0..4294 | 5 | 2.2.7
  ! vrrp_garp_master_delay '{1}' invalid - ignoring
  Default garp_master_delay (0 = no second set)
vrrp_garp_master_repeat N | uint~ 0..u32 | 5 | 2.2.7
  ! vrrp_garp_master_repeat '{1}' invalid - ignoring
  Default garp_master_repeat
vrrp_garp_master_refresh SECS | uint~ 0..u32 | 0 (off) | 2.2.7
  !=0 Invalid vrrp_garp_master_refresh '{1}' - ignoring
  Default garp_master_refresh
vrrp_garp_master_refresh_repeat N | uint~ 0..u32 | 1 | 2.2.7
  ! vrrp_garp_master_refresh_repeat '{1}' invalid - ignoring
  Default garp_master_refresh_repeat
vrrp_garp_lower_prio_delay SECS | uint~ 0..4294 | = vrrp_garp_master_delay | 2.2.7
  ! vrrp_garp_lower_prio_delay '{1}' invalid - ignoring
  Default garp_lower_prio_delay
vrrp_garp_lower_prio_repeat N | uint~ 0..i32 | = vrrp_garp_master_repeat | 2.2.7
  ! Invalid vrrp_garp_lower_prio_repeat '{1}'
  Default garp_lower_prio_repeat
vrrp_down_timer_adverts N | uint~ 1..100 | 3 | 2.2.7
  ! Invalid vrrp_down_timer_adverts [1:100] '{1}'
  Default down_timer_adverts
vrrp_garp_interval SECS | dec6~ 0.000001..4294.967295 | 0 | 2.2.7
  ! vrrp_garp_interval '{1}' is invalid
  Minimum gap between gratuitous ARPs on each interface without a garp_group
vrrp_gna_interval SECS | dec6~ 0.000001..4294.967295 | 0 | 2.2.7
  ! vrrp_gna_interval '{1}' is invalid
  Minimum gap between unsolicited NAs
vrrp_min_garp [BOOL] | bool | off | 2.2.7
  ! Invalid value for vrrp_min_garp specified
  Sets repeat=1, refresh=0, refresh_repeat=0, delay=0, but only for values still at their built-in default at that
  point (order dependent)
vrrp_garp_extra_if [all] SECS | words | 0 (off) | 2.2.7
  Default garp_extra_if
vrrp_vmac_garp_intvl [all] SECS | words | 0 | 2.2.7
  As vrrp_garp_extra_if
vrrp_lower_prio_no_advert [BOOL] | bool | off | 2.2.7
  ! Invalid value for vrrp_lower_prio_no_advert specified
  Default lower_prio_no_advert
vrrp_higher_prio_send_advert [BOOL] | bool | off | 2.2.7
  ! Invalid value for vrrp_higher_prio_send_advert specified
  Default higher_prio_send_advert
vrrp_version N | int~ 2..3 | 2 | 2.2.7
  ! VRRP Error: Version must be either 2 or 3
  Default version for IPv4 instances (IPv6 default is always 3)
vrrp_iptables [INCHAIN [OUTCHAIN]] | words | bare: INPUT and OUTPUT | 2.2.7
  Use iptables for no_accept/VMAC filtering with these chains. When built without iptables but with nftables:
  always an E, then behaves as "nftables keepalived" with priority -1
vrrp_ipsets [SET4 [SET6 [IF6 [IGMP [MLD [ND]]]]]] | words | bare = do not use ipsets | 2.2.7
  ipset names (only in iptables+ipset builds; unknown keyword otherwise); missing names derive from the first (6,
  _if6, _igmp, _mld, _nd suffix)
nftables [TABLE] | words | table "keepalived", chain priority -1 | 2.2.7
  & nftables already specified - ignoring
  Use nftables for no_accept/VMAC filtering; auto enabled with defaults when needed
nftables_priority N | int -i32..i32 | -1 | 2.2.7
  ! invalid nftables chain priority '{1}'
  Base chain priority
nftables_ifindex | flag | off | 2.2.7
  Match link-local IPv6 by interface index rather than name
vrrp_check_unicast_src | flag | off | 2.2.7
  All unicast instances check that the sender is a configured peer
vrrp_skip_check_adv_addr [BOOL] | bool | off | 2.2.7
  ! Invalid value '{1}' for global vrrp_check_adv_addr specified
  Default skip_check_adv_addr, copied when an instance block opens
vrrp_strict [BOOL] | bool | off | 2.2.7
  ! Invalid value '{1}' for global vrrp_strict specified
  Default strict_mode
vrrp_priority NICE | int~ -20..19 | 0 | 2.2.7
  ! Invalid vrrp process priority specified
  ? No vrrp process priority specified
  Nice value of VRRP child
vrrp_no_swap | flag | off | 2.2.7
  mlockall in VRRP child
vrrp_rt_priority N | int~ -i32..i32 | 0 (not realtime) | 2.2.7
  ! vrrp process real-time priority '{1}' invalid
  ? No vrrp process real-time priority specified
  SCHED_RR priority of VRRP child
vrrp_cpu_affinity CPU... | words | none | 2.2.7
  ? No vrrp cpu_id set specified
  CPU set of VRRP child
vrrp_rlimit_rttime USECS | uint~ 1..u32 | 10000 | 2.2.7
  ! Invalid vrrp real-time limit - {1}
  RLIMIT_RTTIME of VRRP child when realtime
vrrp_rlimit_rtime USECS | uint~ 1..u32 | 10000 | 2.2.7
  ! Invalid vrrp real-time limit - {1}
  As vrrp_rlimit_rttime
nftables_ipvs [TABLE] | words | table "keepalived_ipvs", priority -1, first fwmark 1000 | 2.2.7
  & ipvs nftables already specified - ignoring
  Use nftables to map virtual server groups to fwmarks
nftables_ipvs_priority N | int -i32..i32 | -1 | 2.2.7
  ! invalid ipvs nftables chain priority '{1}'
  Chain priority of that table
nftables_ipvs_start_fwmark N | uint 1..u32 | 1000 | 2.2.7
  ! invalid ipvs nftables start_fwmark priority '{1}'
  First fwmark to allocate
nftables_counters | flag | off | 2.2.7
  Add counters to generated nftables rules
notify_fifo PATH [USER [GROUP]] | words | none | 2.2.7
  ? No notify_fifo name specified
  FIFO receiving VRRP and LVS state lines
notify_fifo_script SCRIPT [USER [GROUP]] | script | none | 2.2.7
  ? No notify_fifo_script specified
  & notify_fifo_script already specified - ignoring {1}
  Reader process started with the FIFO path appended as last argument; started by the checker process when that
  runs, else by VRRP
vrrp_notify_fifo PATH [USER [GROUP]] | words | none | 2.2.7
  ? No vrrp_notify_fifo name specified
  FIFO for VRRP lines only; ignored (logged) when equal to notify_fifo
vrrp_notify_fifo_script SCRIPT [USER [GROUP]] | script | none | 2.2.7
  ? No vrrp_notify_fifo_script specified
  & vrrp_notify_fifo_script already specified - ignoring {1}
  Reader for vrrp_notify_fifo
vrrp_notify_priority_changes [BOOL] | bool | off | 2.2.7
  ! Invalid value '{1}' for global vrrp_notify_priority_changes specified
  Default notify_priority_changes
fifo_write_vrrp_states_on_reload | flag | off | 2.2.7
  Write the current state of unchanged instances/groups to FIFOs after reload
lvs_notify_fifo PATH [USER [GROUP]] | words | none | 2.2.7
  ? No lvs_notify_fifo name specified
  FIFO for LVS lines
lvs_notify_fifo_script SCRIPT [USER [GROUP]] | script | none | 2.2.7
  ? No lvs_notify_fifo_script specified
  & lvs_notify_fifo_script already specified - ignoring {1}
  Reader for lvs_notify_fifo
checker_priority NICE | int~ -20..19 | 0 | 2.2.7
  ! Invalid checker process priority specified
  ? No checker process priority specified
  Nice value of checker
checker_no_swap | flag | off | 2.2.7
  mlockall in checker
checker_rt_priority N | int~ -i32..i32 | 0 | 2.2.7
  ! checker process real-time priority '{1}' invalid
  ? No checker process real-time priority specified
  SCHED_RR priority of checker
checker_cpu_affinity CPU... | words | none | 2.2.7
  ? No checker cpu_id set specified
  CPU set of checker
checker_rlimit_rttime USECS | uint~ 1..u32 | 10000 | 2.2.7
  ! Invalid checker real-time limit - {1}
  RLIMIT_RTTIME of checker
checker_rlimit_rtime USECS | uint~ 1..u32 | 10000 | 2.2.7
  ! Invalid checker real-time limit - {1}
  As checker_rlimit_rttime
bfd_priority NICE | int~ -20..19 | 0 | 2.2.7
  ! Invalid bfd process priority specified
  ? No bfd process priority specified
  Nice value of BFD child
bfd_no_swap | flag | off | 2.2.7
  mlockall in BFD child
bfd_rt_priority N | int~ -i32..i32 | 0 | 2.2.7
  ! bfd process real-time priority '{1}' invalid
  ? No bfd process real-time priority specified
  SCHED_RR priority of BFD child
bfd_cpu_affinity CPU... | words | none | 2.2.7
  ? No bfd cpu_id set specified
  CPU set of BFD child
bfd_rlimit_rttime USECS | uint~ 1..u32 | 10000 | 2.2.7
  ! Invalid bfd real-time limit - {1}
  RLIMIT_RTTIME of BFD child
bfd_rlimit_rtime USECS | uint~ 1..u32 | 10000 | 2.2.7
  ! Invalid bfd real-time limit - {1}
  As bfd_rlimit_rttime
snmp_socket SPEC | words | unix:/var/agentx/master | 2.2.7
  ? SNMP error : snmp socket name missing
  AgentX master address (command line -A has priority)
enable_traps | flag | off | 2.2.7
  Send SNMP traps
enable_snmp_vrrp | flag | off (on with -x) | 2.2.7
  Register the VRRP part of KEEPALIVED-MIB
enable_snmp_keepalived | flag | off | 2.2.7
  As enable_snmp_vrrp
enable_snmp_rfc | flag | off | 2.2.7
  Register both RFC MIBs
enable_snmp_rfcv2 | flag | off (on with -x) | 2.2.7
  Register VRRP-MIB (RFC 2787)
enable_snmp_rfcv3 | flag | off (on with -x) | 2.2.7
  Register VRRPV3-MIB (RFC 6527)
enable_snmp_checker | flag | off (on with -x) | 2.2.7
  Register the checker part of KEEPALIVED-MIB
snmp_vs_stats_update_interval SECS | dec6~ 0.001..30 | 5 | 2.3.0
  ! snmp stats vs update interval '{1}' invalid - ignoring
  How often IPVS virtual server statistics are refreshed for SNMP
snmp_rs_stats_update_interval SECS | dec6~ 0.001..30 | = vs value | 2.3.0
  ! snmp stats vs update interval '{1}' invalid - ignoring
  Same for real servers
enable_dbus | flag | off | 2.2.7
  Enable the D-Bus interface
dbus_service_name NAME | str | org.keepalived.Vrrp1 | 2.2.7
  ? dbus_service_name missing - ignoring
  Bus name to own
dbus_no_interface_name NAME | str | none (the word) | 2.3.0
  ? dbus_no_interface_name missing - ignoring
  Path element used for instances without interface
script_user USER [GROUP] | words | keepalived_script if it exists else root | 2.2.7
  ? No script username specified
  Default identity for scripts whose definition names no user
enable_script_security | flag | off | 2.2.7
  Refuse to run as root any script with a path component writable by non-root
vrrp_netlink_cmd_rcv_bufs BYTES | uint 0..u32 | kernel default | 2.2.7
  ! vrrp_netlink_cmd_rcv_bufs size ({1}) invalid
  ? vrrp_netlink_cmd_rcv_bufs size missing
  Receive buffer of VRRP netlink command socket
vrrp_netlink_cmd_rcv_bufs_force [BOOL] | bool | off | 2.2.7
  ! Invalid value '{1}' for global vrrp_netlink_cmd_rcv_bufs_force specified
  Use SO_RCVBUFFORCE for it
vrrp_netlink_monitor_rcv_bufs BYTES | uint 0..u32 | kernel default | 2.2.7
  ! vrrp_netlink_monitor_rcv_bufs size ({1}) invalid
  ? vrrp_netlink_monitor_rcv_bufs size missing
  Receive buffer of VRRP netlink monitor socket
vrrp_netlink_monitor_rcv_bufs_force [BOOL] | bool | off | 2.2.7
  ! Invalid value '{1}' for global vrrp_netlink_monitor_rcv_bufs_force specified
  Use SO_RCVBUFFORCE for it
process_monitor_rcv_bufs BYTES | uint 0..u32 | kernel default | 2.2.7
  ! process_monitor_rcv_bufs size ({1}) invalid
  ? process_monitor_rcv_bufs size missing
  Receive buffer of process connector socket
process_monitor_rcv_bufs_force [BOOL] | bool | off | 2.2.7
  ! Invalid value '{1}' for global process_monitor_rcv_bufs_force specified
  Use SO_RCVBUFFORCE for it
lvs_netlink_cmd_rcv_bufs BYTES | uint 0..u32 | kernel default | 2.2.7
  ! lvs_netlink_cmd_rcv_bufs size ({1}) invalid
  ? lvs_netlink_cmd_rcv_bufs size missing
  Checker netlink command buffer
lvs_netlink_cmd_rcv_bufs_force [BOOL] | bool | off | 2.2.7
  ! Invalid value '{1}' for global lvs_netlink_cmd_rcv_bufs_force specified
  force variant
lvs_netlink_monitor_rcv_bufs BYTES | uint 0..u32 | kernel default | 2.2.7
  ! lvs_netlink_monitor_rcv_bufs size ({1}) invalid
  ? lvs_netlink_monitor_rcv_bufs size missing
  Checker netlink monitor buffer
lvs_netlink_monitor_rcv_bufs_force [BOOL] | bool | off | 2.2.7
  ! Invalid value '{1}' for global lvs_netlink_monitor_rcv_bufs_force specified
  force variant
rs_init_notifies [BOOL] | bool | off | 2.2.7
  ! Invalid value '{1}' for global rs_init_notifies specified
  Send notifies when real servers first get their state
no_checker_emails [BOOL] | bool | off | 2.2.7
  ! Invalid value '{1}' for global no_checker_emails specified
  No mail for individual checkers of real servers
vrrp_rx_bufs_policy MTU or ADVERT or BYTES (repeatable) | words | kernel default | 2.2.7
  ? vrrp_rx_bufs_policy missing
  How to size VRRP receive sockets: per instance MTU*multiplier, advert size*multiplier, or a fixed size; summed
  over instances on the socket
vrrp_rx_bufs_multiplier N | uint 1..u32 | 3 | 2.2.7
  ! Invalid vrrp_rx_bufs_multiplier {1}
  ? Invalid vrrp_rx_bufs_multiplier
  Multiplier for the policy
vrrp_startup_delay SECS | dec6~ 0.001..4294.967295 | 0 | 2.2.7
  ! vrrp_startup_delay '{1}' is invalid
  No adverts sent or processed for this long after start (not on reload)
vrrp_delay_after_boot SECS | dec6~ 0.001..4294.967295 | 0 | 2.4.0
  ! vrrp_delay_after_boot '{1}' is invalid
  As vrrp_startup_delay but measured from system boot (/proc/uptime); larger of the two applies
log_unknown_vrids | flag | off | 2.2.7
  Log adverts for VRIDs not configured on the socket
vrrp_owner_ignore_adverts [BOOL] | bool | off | 2.3.3
  ! Invalid value for vrrp_owner_ignore_adverts specified
  Default owner_ignore_adverts for priority 255 instances
vmac_prefix PREFIX | str | vrrp | 2.2.7
  Prefix of generated macvlan/ipvlan names
vmac_addr_prefix PREFIX | str | = vmac_prefix | 2.2.7
  Prefix of macvlans made for individual VIPs
umask MASK or BIT[/BIT]... | words | 0177 | 2.2.7
  umask of all processes (permissions of dump files, FIFOs...)
random_seed N | uint 0..u32 | time based | 2.2.7
  ! random_seed {1} invalid
  Intended seed for $_RANDOM; has no effect on the current read
reload_check_config [LOGFILE] | words | off; bare = /dev/null | 2.2.7
  Validate the new configuration in a helper process before reloading; also makes any config error fatal (exit 2)
  at start
reload_time_file PATH | words | none | 2.2.7
  File holding the time for a scheduled reload
reload_repeat | flag | off | 2.2.7
  Keep reload_time_file so that time-only schedules repeat daily
reload_file [PATH] | words | none | 2.2.7
  File that exists while configuration is being read
include_check [[+/-]read,match,wildcard_match,brace_match ...] | words | none | 2.2.7
  Which include failures are fatal for plain "include"; bare = all
config_save_dir DIR | str | none | 2.2.7
  Write a copy of the effective configuration of each process before and after reload
tmp_config_directory DIR | str | in-memory file (memfd) or run dir | 2.2.7
  ? No tmp_config_directory specified
  Keep the consolidated configuration on disk there
data_use_instance [BOOL] | bool | off | 2.2.7
  ! Invalid value '{1}' for global data_use_instance specified
  Insert .NETNS_INSTANCE before the extension of dump files
json_version N | uint~ 1..2 | 1 | 2.2.8
  ! Invalid json_version '{1}' - ignoring
  ? Missing parameter for json_version
  Shape of the JSON dump
iproute_usr_dir DIR | words | build time | 2.3.2
  Vendor directory with rt_tables etc.
iproute_etc_dir DIR | words | /etc/iproute2 | 2.3.2
  Local directory with rt_tables etc. (takes precedence)
state_dump_file PATH | words | TMPDIR/keepalived.data | 2.3.3
  Name of the SIGUSR1 dump
stats_dump_file PATH | words | TMPDIR/keepalived.stats | 2.3.3
  Parsed but has no effect in upstream
json_dump_file PATH | words | TMPDIR/keepalived.json | 2.3.3
  Parsed but has no effect in upstream
""")
