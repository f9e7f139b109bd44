"""Keywords of the LVS blocks: virtual servers, real servers and their checks. Data only."""

from __future__ import annotations

from typing import Final

from keepalived_py.config.keywords.model import Keyword, table

SSL: Final[dict[str, Keyword]] = table("""
password STR | str | unset | 2.2.7
  ? SSL password missing
  &= Duplicate SSL - overwriting {old} with {1}
  pass phrase for the private key
ca STR | str | unset | 2.2.7
  ? SSL cafile missing
  &= Duplicate SSL - overwriting {old} with {1}
  CA bundle loaded into the context (server certificate is NOT verified anyway)
certificate STR | str | unset | 2.2.7
  ? SSL certfile missing
  &= Duplicate SSL - overwriting {old} with {1}
  client certificate chain file (PEM)
key STR | str | unset | 2.2.7
  ? SSL keyfile missing
  &= Duplicate SSL - overwriting {old} with {1}
  client private key file (PEM)
""")

VIRTUAL_SERVER: Final[dict[str, Keyword]] = table("""
ip_family inet/inet6 | words | from VS/RS/granularity, else inet | 2.2.7
  family of a fwmark service
retry N | uint 1..u32 | unset (checker default) | 2.2.7
  ! retry value invalid - {1}
  default for real servers
delay_before_retry T | dec6~ 0..18446744073709.551614 | unset (checker default) | 2.2.7
  ! virtual server delay before retry '{1}' invalid - ignoring
  default for real servers
warmup T | dec6~ 0..18446744073709.551614 | unset (= checker delay_loop) | 2.2.7
  ! virtual server warmup '{1}' invalid - ignoring
  default for real servers: upper bound of random first-check delay
connect_timeout T | dec6~ 0.000001..4294.967295 | 5 | 2.2.7
  ! virtual server connect_timeout {1} invalid - ignoring
  default for real servers
delay_loop T | dec6~ 0.000001..18446744073709.551614 | 60 | 2.2.7
  ! virtual server delay loop '{1}' invalid - ignoring
  default interval between checks for real servers; also MISC_CHECK default timeout
inhibit_on_failure | flag | off | 2.2.7
  default for real servers: set weight 0 instead of deleting
lb_algo NAME | str | wlc (error logged if none set) | 2.2.7 | alias of lvs_sched
  IPVS scheduler
lvs_sched NAME | str | wlc (error logged if none set) | 2.2.7
  IPVS scheduler
hashed | words | - | 2.2.7
  no effect at all (kernel sets HASHED itself)
ops | words | off | 2.2.7
  one-packet scheduling (svc flag 0x4)
flag-1 | words | off | 2.2.7
  scheduler flag bit 0x8
flag-2 | words | off | 2.2.7
  scheduler flag bit 0x10
flag-3 | words | off | 2.2.7
  scheduler flag bit 0x20
sh-port | words | off | 2.2.7
  bit 0x10 (sh hashes source port)
sh-fallback | words | off | 2.2.7
  bit 0x8 (sh falls back when dest unavailable)
mh-port | words | off | 2.2.7
  bit 0x10
mh-fallback | words | off | 2.2.7
  bit 0x8
lb_kind {NAT/DR/TUN} [type ipip/gue/gre] [port N] [nocsum/csum/remcsum] | words | NAT | 2.2.7 | alias of lvs_method
  default forwarding method (and tunnel parameters) for real and sorry servers
lvs_method {NAT/DR/TUN} [type ipip/gue/gre] [port N] [nocsum/csum/remcsum] | words | NAT | 2.2.7
  default forwarding method (and tunnel parameters) for real and sorry servers
persistence_engine NAME | str | none | 2.2.7
  IPVS persistence engine; only sent when persistence is on
persistence_timeout [SECS] | words | off; 360 when given without value | 2.2.7
  makes service persistent
persistence_granularity MASK/PREFIXLEN | words | /32 or /128 | 2.2.7
  client grouping mask; also sets VS family if unknown and persistence_timeout 360 if unset
protocol TCP/UDP/SCTP | str | UDP with error logged | 2.2.7
  L4 protocol of the service
ha_suspend | flag | off | 2.2.7
  run checkers only while the VS address is present on this host (does not work for groups; see behaviour §17)
smtp_alert [BOOL] | bool | global smtp_alert_checker, else smtp_alert, else no | 2.2.7
  ! Invalid virtual_server smtp_alert parameter {1}
  mail on quorum up/down
virtualhost STR | str | none | 2.2.7
  ? virtual server virtualhost missing
  &= Duplicate vs virtualhost - overwriting {old} with {1}
  Host header fallback for HTTP_GET/SSL_GET; SNI fallback
snmp_name STR | words | none | 2.2.7
  label exposed through SNMP (SNMP builds only)
alpha | flag | off | 2.2.7
  checkers start in failed state (default for RS)
omega | flag | off | 2.2.7
  run RS/VS down notifications at daemon stop
quorum_up "cmd args…" [user [[:]group]] | script | none | 2.2.7
  & ((null)) quorum_up script already specified - ignoring {1}
  run when quorum gained (and at startup when gained)
quorum_down "cmd args…" [user [[:]group]] | script | none | 2.2.7
  & ((null)) quorum_down script already specified - ignoring {1}
  run when quorum lost (and at startup if sorry server needed)
quorum N | uint~ 1..u32 | 1 | 2.2.7
  !=1 Quorum {1} must be in [1, 4294967295]. Setting to 1.
  minimum total weight of alive RSs
hysteresis N | uint~ 0..u32 | 0 | 2.2.7
  ! Hysteresis {1} must be in [0, 4294967295] - ignoring
  added for gaining / subtracted for losing quorum
weight N | uint~ 1..i32 | 1 | 2.2.7
  ! Virtual server weight {1} is outside range 1-2147483647
  default RS weight
sorry_server IP [PORT] | words | none | 2.2.7
  server used while quorum is not met
sorry_server_inhibit | words | off | 2.2.7
  keep sorry server in the table with weight 0 while not needed
sorry_server_lvs_method {NAT/DR/TUN} [type ipip/gue/gre] [port N] [nocsum/csum/remcsum] | words | VS lvs_method | 2.2.7
  forwarding of sorry server
real_server IP [PORT] { } | block | port of VS | 2.2.7
  a destination
""")

REAL_SERVER: Final[dict[str, Keyword]] = table("""
weight N | uint~ 0..i32 | VS weight (1) | 2.2.7
  ! Real server weight {1} is outside range 0-2147483647
  initial IPVS weight, also quorum weight
lvs_method {NAT/DR/TUN} [type ipip/gue/gre] [port N] [nocsum/csum/remcsum] | words | VS lvs_method | 2.2.7
  forwarding of this RS
uthreshold N | uint~ 0..u32 | 0 (off) | 2.2.7
  ! Invalid real_server uthreshold '{1}' - ignoring
  upper connection threshold
lthreshold N | uint~ 0..u32 | 0 (off) | 2.2.7
  ! Invalid real_server lthreshold '{1}' - ignoring
  lower connection threshold
inhibit_on_failure [BOOL] | bool | VS value | 2.2.7
  ! Invalid inhibit_on_failure parameter {1}
  weight 0 instead of removal on failure
notify_up "cmd args…" [user [[:]group]] | script | none | 2.2.7
  & ((null)) notify_up script already specified - ignoring {1}
  run when RS becomes alive
notify_down "cmd args…" [user [[:]group]] | script | none | 2.2.7
  & ((null)) notify_down script already specified - ignoring {1}
  run when RS stops being alive
alpha [BOOL] | bool | VS value | 2.2.7
  ! Invalid alpha parameter {1}
  default alpha for this RS's checkers
retry N | uint 1..u32 | VS value | 2.2.7
  ! retry value invalid - {1}
  default for checkers
delay_before_retry T | dec6~ 0..18446744073709.551614 | VS value | 2.2.7
  ! real server delay_before_retry '{1}' invalid - ignoring
  default for checkers
warmup T | dec6~ 0..18446744073709.551614 | VS value | 2.2.7
  ! real server warmup '{1}' invalid - ignoring
  default for checkers
connect_timeout T | dec6~ 0.000001..4294.967295 | VS value | 2.2.7
  ! real server connect_timeout {1} invalid - ignoring
  default for checkers
delay_loop T | dec6~ 0.000001..18446744073709.551614 | VS value | 2.2.7
  ! real server delay_loop '{1}' invalid - ignoring
  default for checkers
smtp_alert [BOOL] | bool | global smtp_alert_checker, else smtp_alert, else YES | 2.2.7
  ! Invalid real_server smtp_alert parameter {1}
  mail on checker/RS state change
virtualhost STR | str | none | 2.2.7
  ? real server virtualhost missing
  &= Duplicate rs virtualhost - overwriting {old} with {1}
  Host header fallback (not used for SNI)
snmp_name STR | words | none | 2.2.7
  label exposed through SNMP (SNMP builds only)
MISC_CHECK { } | block | - | 2.2.7
  run an external program
SMTP_CHECK { } | block | - | 2.2.7
  SMTP banner/HELO/QUIT dialogue
TCP_CHECK { } | block | - | 2.2.7
  TCP connect test
PING_CHECK { } | block | - | 2.2.7
  ICMP/ICMPv6 echo via unprivileged ping socket
UDP_CHECK { } | block | - | 2.2.7
  UDP probe, fails on ICMP unreachable or missing/mismatching reply
HTTP_GET { } | block | - | 2.2.7
  HTTP request(s)
SSL_GET { } | block | - | 2.2.7
  HTTPS request(s)
DNS_CHECK { } | block | - | 2.2.7
  DNS query over UDP
FILE_CHECK { } | block | - | 2.2.7
  weight/state from a track_file
BFD_CHECK { } | block | - | 2.2.7
  follow a bfd_instance (BFD builds)
""")

_CONNECTION: Final[dict[str, Keyword]] = table("""
connect_ip IP | str | RS address | 2.2.7
  address to check; keeps port; family must equal an earlier bindto
connect_port N | uint~ 1..65535 | RS port | 2.2.7
  ! Invalid checker connect_port '{1}'
  port to check
bindto IP | str | none | 2.2.7
  local source address
bind_port N | uint~ 1..65535 | 0 | 2.2.7
  ! Invalid checker bind_port '{1}'
  local source port; silently unused unless bindto is also set
bind_if IFNAME | str | none | 2.2.7
  SO_BINDTODEVICE; mandatory when the checked address is IPv6 link-local
connect_timeout T | dec6~ 0.000001..4294.967295 | RS value (5) | 2.2.7
  ! connect_timeout {1} invalid - ignoring
  time allowed for the connect
fwmark N | uint~ 0..u32 | 0 (none) | 2.2.7
  ! Invalid fwmark connection value '{1}'
  SO_MARK on the check socket
""")

_CHECK: Final[dict[str, Keyword]] = table("""
retry N | uint~ 0..u32 | RS/VS value, else 1 | 2.2.7
  ! Invalid retry connection value '{1}'
  extra attempts before an alive server is declared failed
delay_before_retry T | dec6~ 0..18446744073709.551614 | RS/VS value, else 1 | 2.2.7
  ! Invalid delay_before_retry connection value '{1}'
  pause between attempts
warmup T | dec6~ 0..18446744073709.551614 | RS/VS value, else this checker's delay_loop | 2.2.7
  ! Invalid warmup connection value '{1}'
  first run after 1s + random(0..T)
delay_loop T | dec6~ 0.000001..18446744073709.551614 | RS/VS value (60) | 2.2.7
  ! delay_loop '{1}' is invalid - ignoring
  interval between checks
alpha [BOOL] | bool | RS/VS value | 2.2.7
  ! Invalid alpha parameter {1}
  start in failed state
log_all_failures [BOOL] | bool | no | 2.2.7
  ! Invalid log_all_failures parameter {1}
  log every failed attempt, not just the final one
""")

_HTTP: Final[dict[str, Keyword]] = table("""
nb_get_retry N | uint~ 0..u32 | - | 2.2.7
  ! Invalid nb_get_retry value '{1}'
  same as retry
virtualhost STR | str | none | 2.2.7
  ? HTTP_GET virtualhost name missing
  &= Duplicate HTTP_GET virtualhost - overwriting {old} with {1}
  Host header (and SNI fallback) for urls without their own
http_protocol 1.0/1.0C/1.0c/1.1 | str | 1.0 | 2.2.7
  ? Missing http_protocol version
  request version; 1.0C and 1.1 add Connection: close
enable_sni [BOOL] | bool | no | 2.2.7
  ! Invalid enable_sni parameter {1}
  send SNI (only meaningful for SSL_GET, accepted in both)
sni_name [STR] | words | SNI from virtualhost chain | 2.4.3+git
  explicit SNI; implies enable_sni
fast_recovery [BOOL] | bool | no | 2.2.7
  ! Invalid fast_recovery parameter {1}
  no delay between urls until first complete pass / during recovery
url { } | block | at least one required | 2.2.7
  one request
""")

_TLS: Final[dict[str, Keyword]] = table("""
tls_compliant [BOOL] | bool | no | 2.2.8
  ! Invalid tls_compliant option {1}
  send close_notify (no quiet shutdown)
""")

URL: Final[dict[str, Keyword]] = table("""
path STR | str | required | 2.2.7
  &= Duplicate path - overwriting {old} with {1}
  request target
digest MD5HEX | str | none | 2.2.7
  expected MD5 of the body
status_code N/N-M … | words | 200-299 | 2.2.7
  acceptable status codes
virtualhost STR | str | checker/RS/VS chain | 2.2.7
  ? Missing HTTP_GET virtualhost name
  &= Duplicate url virtualhost - overwriting {old} with {1}
  Host header for this url
regex "PCRE2" | words | none | 2.2.7
  pattern searched in received data (REGEX builds)
regex_no_match | flag | off | 2.2.7
  success = no match
regex_options OPT … | words | none | 2.2.7
  PCRE2 compile flags
regex_min_offset N | words | 0 | 2.2.7
  skip matching before this offset
regex_max_offset N | words | none | 2.2.7
  match must start at or before this offset
regex_stack START MAX | words | none | 2.2.7
  PCRE2 JIT stack bytes (largest of all urls used)
""")

_UDP: Final[dict[str, Keyword]] = table("""
payload HEXSTR | words | 32 bytes of repeated text 'keepalived check - ' | 2.2.7
  datagram to send
require_reply [HEXSTR] | words | off | 2.2.7
  reply mandatory; optional prefix pattern
min_reply_length N | uint 0..65535 | 0 | 2.2.7
  ! UDP_CHECK min length {1} not valid - must be between 0 & 65535
  minimum reply size (only enforced when a reply pattern is given)
max_reply_length N | uint 0..65535 | 255 | 2.2.7
  ! UDP_CHECK max length {1} not valid - must be between 0 & 65535
  maximum reply size (only enforced when a reply pattern is given)
""")

_SMTP: Final[dict[str, Keyword]] = table("""
helo_name STR | words | smtpchecker.keepalived.org | 2.2.7
  argument of HELO
host { } | block | none | 2.2.7
  additional target (deprecated; broken since 2.2.8, see behaviour §7)
""")

_DNS: Final[dict[str, Keyword]] = table("""
type NAME | str | SOA | 2.2.7
  query type
name DNSNAME | str | root | 2.2.7
  & DNS_CHECK name already specified - ignoring
  query name
""")

_MISC: Final[dict[str, Keyword]] = table("""
misc_path "cmd args…" | script | required | 2.2.7
  program to execute
misc_timeout SECS | uint~ 0..4294 | VS delay_loop | 2.2.7
  ! Invalid misc_timeout value '{1}'
  time allowed before SIGTERM
misc_dynamic | flag | off | 2.2.7
  exit 2..255 = success and sets weight contribution
user NAME [[:]GROUP] | words | global script_user / keepalived_script / daemon uid | 2.2.7
  identity for the script
""")

SSL_URL: Final[dict[str, Keyword]] = {**URL, **_TLS}

TCP_CHECK: Final[dict[str, Keyword]] = {**_CONNECTION, **_CHECK}

PING_CHECK: Final[dict[str, Keyword]] = TCP_CHECK

HTTP_GET: Final[dict[str, Keyword]] = {**TCP_CHECK, **_HTTP}

SSL_GET: Final[dict[str, Keyword]] = {**HTTP_GET, **_TLS}

UDP_CHECK: Final[dict[str, Keyword]] = {**TCP_CHECK, **_UDP}

SMTP_CHECK: Final[dict[str, Keyword]] = {**TCP_CHECK, **_SMTP}

SMTP_HOST: Final[dict[str, Keyword]] = TCP_CHECK

DNS_CHECK: Final[dict[str, Keyword]] = {**TCP_CHECK, **_DNS}

MISC_CHECK: Final[dict[str, Keyword]] = {**_CHECK, **_MISC}

FILE_CHECK: Final[dict[str, Keyword]] = table("""
track_file NAME | str | required | 2.2.7
  which file to follow
weight N [reverse/noreverse] | words | weight/reverse of the track_file | 2.2.7
  multiplier applied to the file value; 0 = nonzero value means failed
""")

BFD_CHECK: Final[dict[str, Keyword]] = table("""
name BFDNAME | words | required | 2.2.7
  instance to follow
alpha [BOOL] | bool | RS/VS value | 2.2.7
  ! Invalid alpha parameter {1}
  start failed until BFD Up event
""")
