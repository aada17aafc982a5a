; The signatures that come with Atalaya, in the notation of p0f v3 (which reads this file too).
;
; Directly above each signature stands where it is from. "confirmed" was seen by us on the system that it names; "unconfirmed" was taken over
; from what others published, and a match says so: it is a hint for people, and nobody is listed by it.
;
; The larger databases of others are not part of Atalaya: see docs/guide/fingerprints.md for how to use one.

classes = win,unix,bot

[tcp:request]

; Since 4.20 (commit a337531b942b) the first window of Linux is as many whole segments as fit into 65535 bytes. The scale follows from the
; largest receive buffer (net.ipv4.tcp_rmem): 7 from 6 MiB, 10 from 32 MiB.

label = s:unix:Linux:4.20 and newer
; confirmed: Linux 6.18, MTU 1500 over IPv4, tcp_rmem of 6 MiB
sig   = *:64:0:*:mss*44,7:mss,sok,ts,nop,ws:df,id+:0
; confirmed: Linux 6.18, MTU 1500 over IPv4, tcp_rmem of 16 MiB
sig   = *:64:0:*:mss*44,9:mss,sok,ts,nop,ws:df,id+:0
; confirmed: Linux 6.18 as it comes, MTU 1500 over IPv4
sig   = *:64:0:*:mss*44,10:mss,sok,ts,nop,ws:df,id+:0
; confirmed: Linux 6.18, MTU 1492 over IPv4, tcp_rmem of 6 MiB
sig   = 4:64:0:*:mss*45,7:mss,sok,ts,nop,ws:df,id+:0
; confirmed: Linux 6.18, MTU 1492 over IPv4
sig   = 4:64:0:*:mss*45,10:mss,sok,ts,nop,ws:df,id+:0
; confirmed: Linux 6.18, MTU 1420 over IPv4
sig   = 4:64:0:*:mss*47,10:mss,sok,ts,nop,ws:df,id+:0
; confirmed: Linux 6.18, MTU 1500 over IPv6, tcp_rmem of 6 MiB
sig   = 6:64:0:*:mss*45,7:mss,sok,ts,nop,ws:flow:0
; confirmed: Linux 6.18, MTU 1500 over IPv6, tcp_rmem of 16 MiB
sig   = 6:64:0:*:mss*45,9:mss,sok,ts,nop,ws:flow:0
; confirmed: Linux 6.18 as it comes, MTU 1500 over IPv6
sig   = 6:64:0:*:mss*45,10:mss,sok,ts,nop,ws:flow:0

label = s:unix:Linux:4.20 and newer (loopback)
; confirmed: Linux 6.18, IPv4, tcp_rmem of 6 MiB
sig   = 4:64:0:65495:mss*1,7:mss,sok,ts,nop,ws:df,id+:0
; confirmed: Linux 6.18 as it comes, IPv4
sig   = 4:64:0:65495:mss*1,10:mss,sok,ts,nop,ws:df,id+:0
; confirmed: Linux 6.18, IPv6, tcp_rmem of 6 MiB
sig   = 6:64:0:65476:mss*1,7:mss,sok,ts,nop,ws:flow:0
; confirmed: Linux 6.18 as it comes, IPv6
sig   = 6:64:0:65476:mss*1,10:mss,sok,ts,nop,ws:flow:0

label = s:unix:Linux:4.20 and newer (no timestamps)
; confirmed: Linux 6.18, MTU 1500 over IPv4, tcp_timestamps=0
sig   = 4:64:0:*:mss*44,*:mss,nop,nop,sok,nop,ws:df,id+:0
; confirmed: Linux 6.18, MTU 1500 over IPv6, tcp_timestamps=0
sig   = 6:64:0:*:mss*45,*:mss,nop,nop,sok,nop,ws:flow:0

label = g:unix:Linux:
; confirmed: Linux 6.18, IPv4, any MTU and any tcp_rmem
sig   = 4:64:0:*:*,*:mss,sok,ts,nop,ws:df,id+:0
; confirmed: Linux 6.18, IPv6, any MTU and any tcp_rmem
sig   = 6:64:0:*:*,*:mss,sok,ts,nop,ws:flow:0

label = s:win:Windows:10 or 11
; unconfirmed: builds 1703 and later in Satori's tcp.xml (xnih/satori)
sig   = 4:128:0:*:64240,8:mss,nop,ws,nop,nop,sok:df,id+:0
; unconfirmed: builds 1703 and later in Satori's tcp.xml (xnih/satori)
sig   = 4:128:0:*:65535,8:mss,nop,ws,nop,nop,sok:df,id+:0

label = g:win:Windows:
; unconfirmed: the options that Windows sends since Vista; RFC 7323 allows any order, and this one is Microsoft's
sig   = 4:128:0:*:*,*:mss,nop,ws,nop,nop,sok:df,id+:0

label = g:unix:macOS or iOS:
; unconfirmed: Macs in captures of the tests of nDPI (imaps.pcap, ssh_unidirectional.pcap)
sig   = 4:64:0:*:65535,*:mss,nop,ws,nop,nop,ts,sok,eol+1:df:0

label = g:unix:FreeBSD:
; unconfirmed: the order of options in tcp_addoptions() of FreeBSD's sys/netinet/tcp_output.c
sig   = 4:64:0:*:65535,*:mss,nop,ws,sok,ts:df,id+:0

; Srizbi had a network stack of its own. Its signature is told as 24000:128:0:44:M536:. in the notation of p0f v2, but no source that could be
; read shows it, and the botnet ended in 2008. Kept as an example of what such a stack looks like.

label = s:bot:Srizbi:2008
; unconfirmed: told from memory, found in no source
sig   = 4:128:0:536:24000,0:mss::0
