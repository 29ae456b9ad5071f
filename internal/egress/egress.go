// Package egress holds the one rule for every address that a person can type:
// service URLs, links to import from, addresses in policies. It is applied to
// the resolved address when a connection is made, so that no name and no
// redirect gets around it.
package egress

import (
	"fmt"
	"net/netip"
	"syscall"

	"portico/internal/fault"
)

// Rule says which addresses may be called. Link-local and other special
// addresses, and those at which clouds serve metadata, are always refused.
type Rule struct {
	Loopback bool           // this machine
	Private  bool           // RFC 1918, RFC 4193 and shared address space (RFC 6598)
	Deny     []netip.Prefix // refused besides
}

// ForStaff is the rule for what staff type.
func ForStaff(deny []netip.Prefix) Rule { return Rule{Loopback: true, Private: true, Deny: deny} }

// ForDevelopers is the rule for what app developers type.
func ForDevelopers(deny []netip.Prefix) Rule { return Rule{Deny: deny} }

// always is refused by every rule.
var always = prefixes(
	"0.0.0.0/8",          // "this network": reaches this machine on some systems
	"169.254.0.0/16",     // link-local, and the metadata service of most clouds
	"168.63.129.16/32",   // Azure's host services
	"100.100.100.200/32", // Alibaba Cloud's metadata
	"192.0.0.192/32",     // Oracle Cloud's metadata
	"224.0.0.0/4",        // multicast
	"240.0.0.0/4",        // reserved, with the broadcast address
	"::/128",
	"fe80::/10",         // link-local
	"fec0::/10",         // site-local, long deprecated
	"ff00::/8",          // multicast
	"fd00:ec2::254/128", // AWS metadata
)

var shared = netip.MustParsePrefix("100.64.0.0/10")

// translated are the networks whose addresses stand for an IPv4 address in their last four bytes.
var translated = prefixes("64:ff9b::/96", "::/96")

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// Check returns fault.Forbidden for an address that may not be called.
func (r Rule) Check(a netip.Addr) error {
	a = plain(a)
	if within(a, always) || within(a, r.Deny) || !r.Loopback && a.IsLoopback() || !r.Private && (a.IsPrivate() || shared.Contains(a)) {
		return fault.New(fault.Forbidden, "calls to the address %s are not allowed", a)
	}
	return nil
}

// Control is Check as a net.Dialer's Control function.
func (r Rule) Control(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("the address %q cannot be checked: %w", address, err)
	}
	return r.Check(ap.Addr())
}

// plain gives the IPv4 address that an IPv6 one stands for.
func plain(a netip.Addr) netip.Addr {
	a = a.Unmap().WithZone("")
	if b := a.As16(); a.Is6() && within(a, translated) && !a.IsLoopback() && !a.IsUnspecified() {
		return netip.AddrFrom4([4]byte(b[12:]))
	}
	return a
}

func within(a netip.Addr, list []netip.Prefix) bool {
	for _, p := range list {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
