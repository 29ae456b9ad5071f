package catalog

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"portico/internal/fault"
	"portico/internal/record"
)

// Money is an amount in millionths of a currency's unit. Its JSON is a decimal
// in a string, such as "29.90"; a JSON number is read too.
type Money int64

const (
	moneyDigits = 6
	moneyUnit   = 1_000_000
	// maxMoney leaves room to multiply by calls.
	maxMoney = 1_000_000_000 * moneyUnit
)

var decimal = regexp.MustCompile(`^(\d{1,9})(?:\.(\d{1,6}))?$`)

// ParseMoney reads a decimal of at most six places. The error is a sentence for the user.
func ParseMoney(text string) (Money, error) {
	parts := decimal.FindStringSubmatch(text)
	if parts == nil {
		return 0, fault.New(fault.Invalid, "%q is not an amount: write a decimal of at most nine digits before and six after the point, such as 29.90.", text)
	}
	n, err := strconv.ParseInt(parts[1]+parts[2]+strings.Repeat("0", moneyDigits-len(parts[2])), 10, 64)
	return Money(n), err
}

// String writes an amount with two places, or more where it has them.
func (m Money) String() string {
	text := fmt.Sprintf("%d.%06d", int64(m)/moneyUnit, int64(m)%moneyUnit)
	for strings.HasSuffix(text, "0") && len(text)-strings.IndexByte(text, '.') > 3 {
		text = text[:len(text)-1]
	}
	return text
}

// MarshalJSON implements json.Marshaler.
func (m Money) MarshalJSON() ([]byte, error) { return json.Marshal(m.String()) }

// UnmarshalJSON implements json.Unmarshaler.
func (m *Money) UnmarshalJSON(b []byte) (err error) {
	*m, err = ParseMoney(strings.Trim(string(b), `"`))
	return err
}

// Times is the amount for a number of things, at most the largest that there is.
func (m Money) Times(n int64) Money {
	if m != 0 && n > maxMoney/int64(m) {
		return maxMoney
	}
	return m * Money(n)
}

// PricingPlan is what a subscription to a product costs. It is ours: the contract has none.
type PricingPlan struct {
	Text          string `json:"text,omitempty"` // for people
	Currency      string `json:"currency"`       // ISO 4217
	Period        string `json:"period"`         // P1M: a calendar month, UTC
	Price         Money  `json:"price"`          // for each period
	IncludedCalls int64  `json:"includedCalls"`  // in it
	PriceBeyond   Money  `json:"priceBeyond"`    // for each call beyond
	// Earlier are the plans that this one replaced, the first one first.
	Earlier []EarlierPlan `json:"earlier,omitempty"`
}

// EarlierPlan is a plan that was in force until a time.
type EarlierPlan struct {
	PricingPlan
	Until time.Time `json:"until"`
}

// The one name of a product's plan, and the longest text.
const (
	PricingPlanName = "default"
	maxPlanText     = 4000
	maxEarlierPlans = 120
)

// PricingPlanPath is /products/{product}/pricingPlans/default.
func PricingPlanPath(product string) string {
	return record.Path("products", product, "pricingPlans", PricingPlanName)
}

var currency = regexp.MustCompile(`^[A-Z]{3}$`)

// CheckPricingPlan completes a plan and checks it; the one that it replaces, or nil, is remembered.
func CheckPricingPlan(p, old *PricingPlan) error {
	bad := Incorrect()
	checkLength(bad, "text", p.Text, 0, maxPlanText)
	if p.Currency = strings.ToUpper(p.Currency); !currency.MatchString(p.Currency) {
		bad.With(CodeValidation, "currency", "%q is not a currency's code of three letters, such as EUR.", p.Currency)
	}
	checkChoice(bad, "period", &p.Period, "P1M", "P1M")
	if p.IncludedCalls < 0 {
		bad.With(CodeValidation, "includedCalls", "includedCalls must not be negative.")
	}
	p.Earlier = nil // a client does not write it
	if old != nil {
		p.Earlier = old.Earlier
		if last := old.current(); last != p.current() {
			p.Earlier = append(slices.Clone(p.Earlier), EarlierPlan{PricingPlan{last.Text, last.Currency, last.Period, last.Price, last.IncludedCalls, last.PriceBeyond, nil}, time.Now().UTC().Truncate(time.Second)})
			p.Earlier = p.Earlier[max(0, len(p.Earlier)-maxEarlierPlans):]
		}
	}
	return bad.OrNil()
}

// terms are what makes two plans the same.
type terms struct {
	Text, Currency, Period string
	Price                  Money
	IncludedCalls          int64
	PriceBeyond            Money
}

func (p *PricingPlan) current() terms {
	return terms{p.Text, p.Currency, p.Period, p.Price, p.IncludedCalls, p.PriceBeyond}
}

// At gives the plan that was in force at a time, or the first one there was.
func (p *PricingPlan) At(t time.Time) PricingPlan {
	for _, e := range p.Earlier {
		if t.Before(e.Until) {
			return e.PricingPlan
		}
	}
	now := *p
	now.Earlier = nil
	return now
}
