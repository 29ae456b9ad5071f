package auth

import (
	"net/netip"
	"strings"

	"portico/internal/policy"
	"portico/internal/policy/document"
)

// IPFilter lets only the listed addresses through, or all but those.
func IPFilter() policy.Declaration {
	return policy.Declaration{
		Form: policy.Form{
			Name:       "ip-filter",
			Attributes: []policy.Attribute{{Name: "action", Kind: policy.Enumeration, Values: []string{"allow", "forbid"}}},
			Children: []policy.Form{
				{Name: "address", Text: true},
				{Name: "address-range", Attributes: []policy.Attribute{{Name: "from", Required: true}, {Name: "to", Required: true}}},
			},
		},
		Sections: policy.Inbound,
		Scopes:   policy.EveryScope,
		Check:    checkIPFilter,
		Compile:  compileIPFilter,
	}
}

func checkIPFilter(v *policy.Validator, e *document.Element) {
	if len(e.Children) == 0 {
		v.Problem(e, "At least one <address> or <address-range> must be there.")
	}
	for _, c := range e.Children {
		texts := []string{c.Text}
		if c.Name == "address-range" {
			from, _ := c.Attr("from")
			to, _ := c.Attr("to")
			texts = []string{from, to}
		}
		for _, s := range texts {
			if document.IsExpression(s) || policy.HasNamedValue(s) {
				continue
			}
			if _, err := parseRange(s, s); err != nil {
				v.Problem(c, "%q is not an IP address.", policy.Short(s))
			}
		}
	}
}

func compileIPFilter(c *policy.Builder, e *document.Element) policy.Action {
	f := &filteringIP{action: c.Value(e, "action", "allow")}
	for _, child := range e.Children {
		r := addressRange{from: c.TextValue(child), to: c.TextValue(child)}
		if child.Name == "address-range" {
			r = addressRange{from: c.Value(child, "from", ""), to: c.Value(child, "to", "")}
		}
		f.ranges = append(f.ranges, r)
	}
	return f
}

type filteringIP struct {
	action policy.Value
	ranges []addressRange
}

type addressRange struct{ from, to policy.Value }

func (f *filteringIP) Do(x *policy.Exchange) error {
	ip, err := netip.ParseAddr(x.Request.RemoteIP)
	if err != nil {
		return &policy.Error{Status: 403, Message: "Forbidden", Reason: "FailedToParseCallerIP",
			Detail: "Failed to establish IP address for the caller. Access denied."}
	}
	ip = ip.Unmap().WithZone("")
	action, err := f.action.Text(x)
	if err != nil {
		return err
	}
	listed := false
	for i := 0; i < len(f.ranges) && !listed; i++ {
		if listed, err = f.ranges[i].has(x, ip); err != nil {
			return err
		}
	}
	switch {
	case action == "forbid" && listed:
		return &policy.Error{Status: 403, Message: "Forbidden", Reason: "CallerIpBlocked", Detail: "Caller IP address is blocked. Access denied."}
	case action != "forbid" && !listed:
		return &policy.Error{Status: 403, Message: "Forbidden", Reason: "CallerIpNotAllowed",
			Detail: "Caller IP address " + ip.String() + " is not allowed. Access denied."}
	}
	return nil
}

func (r *addressRange) has(x *policy.Exchange, ip netip.Addr) (bool, error) {
	from, err := r.from.Text(x)
	if err != nil {
		return false, err
	}
	to, err := r.to.Text(x)
	if err != nil {
		return false, err
	}
	limits, err := parseRange(from, to)
	if err != nil {
		return false, policy.ValueError("%q to %q is no range of IP addresses", policy.Short(from), policy.Short(to))
	}
	return ip.BitLen() == limits[0].BitLen() && limits[0].Compare(ip) <= 0 && ip.Compare(limits[1]) <= 0, nil
}

// parseRange reads the first and the last address of a range. One text may also
// be a network, such as 10.0.0.0/8.
func parseRange(from, to string) (limits [2]netip.Addr, err error) {
	if p, err := netip.ParsePrefix(strings.TrimSpace(from)); err == nil && from == to {
		p = p.Masked()
		last := p.Addr().AsSlice()
		for bit := p.Bits(); bit < 8*len(last); bit++ {
			last[bit/8] |= 0x80 >> (bit % 8)
		}
		limits[0] = p.Addr()
		limits[1], _ = netip.AddrFromSlice(last)
		return limits, nil
	}
	if limits[0], err = netip.ParseAddr(strings.TrimSpace(from)); err != nil {
		return limits, err
	}
	limits[1], err = netip.ParseAddr(strings.TrimSpace(to))
	return [2]netip.Addr{limits[0].Unmap(), limits[1].Unmap()}, err
}
