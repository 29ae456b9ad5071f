package usage

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
)

// placeFile writes a file of places with MaxMind's own writer.
func placeFile(t *testing.T) string {
	t.Helper()
	tree, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: "GeoLite2-City", IncludeReservedNetworks: true})
	if err != nil {
		t.Fatal(err)
	}
	place := func(country, region string) mmdbtype.DataType {
		m := mmdbtype.Map{"country": mmdbtype.Map{"iso_code": mmdbtype.String(country)}}
		if region != "" {
			m["subdivisions"] = mmdbtype.Slice{mmdbtype.Map{"names": mmdbtype.Map{"en": mmdbtype.String(region)}}}
		}
		return m
	}
	for network, record := range map[string]mmdbtype.DataType{
		"203.0.113.0/25": place("FR", "Brittany"), "203.0.113.128/25": place("DE", ""), "2001:db8::/32": place("US", "California"),
		"198.51.100.0/24": mmdbtype.Map{"country": mmdbtype.Map{"iso_code": mmdbtype.Uint32(7)}}, // a file gone wrong
	} {
		_, n, err := net.ParseCIDR(network)
		if err == nil {
			err = tree.Insert(n, record)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(t.TempDir(), "places.mmdb")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tree.WriteTo(f); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestPlaces(t *testing.T) {
	p, err := OpenPlaces(placeFile(t))
	if err != nil {
		t.Fatal(err)
	}
	for ip, want := range map[string]string{
		"203.0.113.1": "FR Brittany", "::ffff:203.0.113.1": "FR Brittany", "203.0.113.200": "DE ", "2001:db8::1": "US California",
		"192.0.2.1": "unknown ", "198.51.100.1": "unknown ", "": "unknown ", "nonsense": "unknown ", "fe80::1%eth0": "unknown ",
	} {
		if country, region := p.Find(ip); country+" "+region != want {
			t.Errorf("%s: got %s %s, want %s", ip, country, region, want)
		}
	}
	broken := filepath.Join(t.TempDir(), "broken.mmdb")
	if err := os.WriteFile(broken, []byte("no places"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{broken, filepath.Join(t.TempDir(), "none")} {
		if _, err := OpenPlaces(file); err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: got %v", file, err)
		}
	}
}

// TestGeoReport: a line a country and region, which can be asked for.
func TestGeoReport(t *testing.T) {
	d := newDesk(t)
	places, err := OpenPlaces(placeFile(t))
	if err != nil {
		t.Fatal(err)
	}
	d.places = places
	l := d.open()
	for ip, calls := range map[string]int{"203.0.113.1": 3, "203.0.113.200": 2, "192.0.2.1": 1} {
		for range calls {
			l.Record(Call{Time: time.Now(), Listener: "gateway", IP: ip, Status: 200})
		}
	}
	for name, c := range map[string]struct {
		filter Dimensions
		want   string
	}{
		"everywhere": {Dimensions{}, "DE//2 FR/Brittany/3 unknown//1"},
		"France":     {Dimensions{Country: "FR"}, "FR/Brittany/3"},
	} {
		lines, err := l.Report(context.Background(), Query{By: ByGeo, Filter: c.filter})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range lines {
			got = append(got, r.Country+"/"+r.Region+"/"+string(rune('0'+r.CallCountTotal)))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}
