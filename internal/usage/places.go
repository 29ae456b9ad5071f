package usage

import (
	"errors"
	"fmt"
	"net/netip"
	"os"

	"github.com/oschwald/maxminddb-golang/v2"
)

// Unknown is the country of callers whose place is not known.
const Unknown = "unknown"

// Places finds where callers are by their addresses.
type Places interface {
	// Find gives the ISO 3166-1 code of a country, or Unknown, and the English
	// name of a region in it, or "".
	Find(ip string) (country, region string)
}

// PlaceFile finds places in a file of MaxMind's format (MMDB), which the operator supplies.
type PlaceFile struct{ reader *maxminddb.Reader }

// OpenPlaces opens a file with countries or cities, such as GeoLite2-City.mmdb.
func OpenPlaces(file string) (*PlaceFile, error) {
	content, err := os.ReadFile(file) // not mapped: whoever replaces it must not crash us
	if err != nil {
		return nil, fmt.Errorf("open the file of places %s: %w", file, err)
	}
	r, err := maxminddb.OpenBytes(content)
	if err != nil {
		return nil, fmt.Errorf("open the file of places %s: %w", file, err)
	}
	return &PlaceFile{r}, nil
}

// maxPlace bounds a name of the file, in bytes.
const maxPlace = 100

// Find implements Places.
func (p *PlaceFile) Find(ip string) (country, region string) {
	address, err := netip.ParseAddr(ip)
	if err != nil {
		return Unknown, ""
	}
	found := p.reader.Lookup(address.Unmap().WithZone(""))
	err = errors.Join(found.DecodePath(&country, "country", "iso_code"), found.DecodePath(&region, "subdivisions", 0, "names", "en"))
	if err != nil || country == "" || len(country) > maxPlace || len(region) > maxPlace {
		return Unknown, ""
	}
	return country, region
}
