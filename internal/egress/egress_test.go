package egress

import (
	"net/netip"
	"testing"

	"portico/internal/fault"
)

func TestRule(t *testing.T) {
	deny := []netip.Prefix{netip.MustParsePrefix("10.9.0.0/16")}
	tests := []struct {
		address           string
		staff, developers bool
	}{
		{"93.184.216.34", true, true},
		{"2606:2800:220:1::1", true, true},
		{"127.0.0.1", true, false},
		{"::1", true, false},
		{"::ffff:127.0.0.1", true, false},
		{"10.1.2.3", true, false},
		{"192.168.0.1", true, false},
		{"100.64.1.1", true, false},
		{"fd12::1", true, false},
		{"10.9.1.1", false, false},
		{"::ffff:10.9.1.1", false, false},
		{"64:ff9b::10.9.1.1", false, false},
		{"169.254.169.254", false, false},
		{"::ffff:169.254.169.254", false, false},
		{"64:ff9b::169.254.169.254", false, false},
		{"::169.254.169.254", false, false},
		{"fe80::1%eth0", false, false},
		{"fd00:ec2::254", false, false},
		{"168.63.129.16", false, false},
		{"0.0.0.0", false, false},
		{"::", false, false},
		{"224.0.0.1", false, false},
		{"255.255.255.255", false, false},
	}
	for _, test := range tests {
		a := netip.MustParseAddr(test.address)
		if err := ForStaff(deny).Check(a); (err == nil) != test.staff || err != nil && !fault.Is(err, fault.Forbidden) {
			t.Errorf("staff, %s: %v", test.address, err)
		}
		if err := ForDevelopers(deny).Check(a); (err == nil) != test.developers {
			t.Errorf("developers, %s: %v", test.address, err)
		}
	}
}

func TestControl(t *testing.T) {
	r := ForStaff(nil)
	for address, ok := range map[string]bool{"127.0.0.1:80": true, "[::1]:80": true, "169.254.169.254:80": false, "[fe80::1%2]:80": false, "a.socket": false} {
		if err := r.Control("tcp", address, nil); (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
	}
}
