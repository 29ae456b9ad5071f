package policy

import (
	"net/netip"
	"strings"
)

// ipFilter lets only the listed addresses through, or all but those.
func ipFilter() declaration {
	return declaration{
		element: element{
			name:       "ip-filter",
			attributes: []attribute{{name: "action", required: true, kind: enumeration, values: []string{"allow", "forbid"}}},
			children: []element{
				{name: "address", text: true},
				{name: "address-range", attributes: []attribute{{name: "from", required: true}, {name: "to", required: true}}},
			},
		},
		sections: Inbound,
		scopes:   everyScope,
		check:    checkIPFilter,
		compile:  compileIPFilter,
	}
}

func checkIPFilter(v *validator, e *Element) {
	if len(e.Children) == 0 {
		v.problem(e, "At least one <address> or <address-range> must be there.")
	}
	for _, c := range e.Children {
		texts := []string{c.Text}
		if c.Name == "address-range" {
			from, _ := c.Attr("from")
			to, _ := c.Attr("to")
			texts = []string{from, to}
		}
		for _, s := range texts {
			if isExpression(s) || hasNamedValue(s) {
				continue
			}
			if _, err := parseRange(s, s); err != nil {
				v.problem(c, "%q is not an IP address.", short(s))
			}
		}
	}
}

func compileIPFilter(c *compiler, e *Element) Action {
	f := &filteringIP{action: c.value(e, "action", "allow")}
	for _, child := range e.Children {
		r := addressRange{from: c.textValue(child), to: c.textValue(child)}
		if child.Name == "address-range" {
			r = addressRange{from: c.value(child, "from", ""), to: c.value(child, "to", "")}
		}
		f.ranges = append(f.ranges, r)
	}
	return f
}

type filteringIP struct {
	action Value
	ranges []addressRange
}

type addressRange struct{ from, to Value }

func (f *filteringIP) Do(x *Exchange) error {
	ip, err := netip.ParseAddr(x.Request.RemoteIP)
	if err != nil {
		return &Error{Status: 403, Message: "Forbidden", Reason: "FailedToParseCallerIP",
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
		return &Error{Status: 403, Message: "Forbidden", Reason: "CallerIpBlocked", Detail: "Caller IP address is blocked. Access denied."}
	case action != "forbid" && !listed:
		return &Error{Status: 403, Message: "Forbidden", Reason: "CallerIpNotAllowed",
			Detail: "Caller IP address " + ip.String() + " is not allowed. Access denied."}
	}
	return nil
}

func (r *addressRange) has(x *Exchange, ip netip.Addr) (bool, error) {
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
		return false, evaluation("%q to %q is no range of IP addresses", short(from), short(to))
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
