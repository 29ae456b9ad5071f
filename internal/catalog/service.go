package catalog

import (
	"encoding/json"
	"net/mail"
	"regexp"
	"slices"
	"strings"

	"portico/internal/fault"
)

// Check completes the instance's defaults and checks its fields, those of the
// guide's creation page and the SKU.
func (s *Service) Check() error {
	bad := Incorrect()
	checkLength(bad, "location", s.Location, 1, 100)
	checkLength(bad, "publisherName", s.PublisherName, 1, 100)
	checkLength(bad, "publisherEmail", s.PublisherEmail, 1, 100)
	if a, err := mail.ParseAddress(s.PublisherEmail); err != nil || a.Address != s.PublisherEmail {
		bad.With(CodeValidation, "publisherEmail", "%q is not an e-mail address.", s.PublisherEmail)
	}
	s.checkSKU(bad)
	checkObject(bad, "tags", s.Tags)
	for _, name := range []string{"hostnameConfigurations", "certificates", "additionalLocations"} {
		for member, value := range s.Properties {
			if text := strings.TrimSpace(string(value)); strings.EqualFold(member, name) && text != "null" && text != "[]" {
				unsupported(bad, name, "%s is not set here: the listeners' names and certificates are settings of the process.", name)
			}
		}
	}
	return bad.OrNil()
}

// skus are the tiers of the contract. All behave alike.
var skus = []string{"Basic", "BasicV2", "Consumption", "Developer", "Isolated", "Premium", "Standard", "StandardV2"}

// SKUs are the names of the tiers.
func SKUs() []string { return slices.Clone(skus) }

// serviceName is the contract's rule of the names of instances.
var serviceName = regexp.MustCompile(`^[a-zA-Z]([a-zA-Z0-9-]{0,48}[a-zA-Z0-9])?$`)

// CheckServiceName tells what is wrong with the name of an instance, or "".
func CheckServiceName(name string) string {
	if serviceName.MatchString(name) {
		return ""
	}
	return "The name must be 1 to 50 letters, digits and dashes, begin with a letter and end with a letter or digit."
}

func (s *Service) checkSKU(bad *fault.Error) {
	if len(s.SKU) == 0 || string(s.SKU) == "null" {
		s.SKU = json.RawMessage(`{"name":"Developer","capacity":1}`)
		return
	}
	var sku struct {
		Name     string `json:"name"`
		Capacity int    `json:"capacity"`
	}
	if err := json.Unmarshal(s.SKU, &sku); err != nil {
		bad.With(CodeValidation, "sku", "sku must be an object with a name and a whole number as its capacity.")
		return
	}
	if sku.Name == "" || sku.Capacity < 0 || !slices.ContainsFunc(skus, func(k string) bool { return strings.EqualFold(k, sku.Name) }) {
		bad.With(CodeValidation, "sku", "sku needs a capacity and as its name %s.", alternatives(skus))
	}
}
