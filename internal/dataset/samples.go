package dataset

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"

	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/table"
)

// sampleSets counts the sets of samples that there have been: a workspace gets each once.
const sampleSets = "1"

// AddSamples puts the sample datasets into a workspace that has not had them yet.
// What somebody deleted does not come back, and a name that is taken is left alone.
func (s *Service) AddSamples(ctx context.Context, workspace, owner string) error {
	mark := record.Path("workspaces", workspace, "samplesets", sampleSets)
	if _, err := s.records.Get(ctx, mark); !fault.Is(err, fault.NotFound) {
		return err
	}
	for _, sample := range []func() (Meta, io.Reader){BookReviews, telephoneCustomers, housePrices, shopVisits} {
		m, content := sample()
		m.Owner = owner
		if _, err := s.Create(ctx, workspace, m, content); err != nil && !fault.Is(err, fault.Conflict) {
			return fmt.Errorf("sample dataset %s: %w", m.Name, err)
		}
	}
	_, err := s.records.Apply(ctx, record.PutOf(mark, true, ""))
	return err
}

func sampleMeta(name, file, description string) Meta {
	return Meta{Name: name, DataTypeID: string(table.CSV), SourceOrigin: "FromSample", Description: description, UploadedFromFilename: file}
}

// telephoneCustomers are for classification: who leaves depends on contract, calls, fee and years, with chance.
func telephoneCustomers() (Meta, io.Reader) {
	const rows = 3000
	w := &writer{state: 101}
	var b bytes.Buffer
	b.WriteString("Age,Years,Contract,MonthlyFee,SupportCalls,Paperless,Left\n")
	for range rows {
		age, years := 18+w.below(65), w.below(12)
		contract := w.below(3)
		calls := w.below(4) * w.below(4)
		fee := 10 + float64(contract)*4 + w.normal(5)
		tendency := 0.6*float64(calls) - 0.35*float64(years) - 1.1*float64(contract) + 0.05*(fee-15) - 0.01*float64(age-50) + w.normal(0.8)
		feeText := fmt.Sprintf("%.2f", math.Max(fee, 5))
		if w.below(40) == 0 {
			feeText = "" // a fee that nobody wrote down
		}
		fmt.Fprintf(&b, "%d,%d,%s,%s,%d,%t,%d\n", age, years, [...]string{"monthly", "one year", "two years"}[contract], feeText, calls, w.below(2) == 0, map[bool]int{true: 1}[tendency > 0])
	}
	return sampleMeta("Telephone Customers", "telephone-customers.csv", "3,000 invented customers of a telephone company. Left tells who went to another: for classification."), &b
}

// housePrices are for regression: the price depends on area, rooms, age, distance and district, with chance.
func housePrices() (Meta, io.Reader) {
	const rows = 2000
	w := &writer{state: 202}
	var b bytes.Buffer
	b.WriteString("Area,Rooms,YearBuilt,DistanceToCentre,District,Garden,Price\n")
	districts := [...]struct {
		name   string
		factor float64
	}{{"Harbour", 1.35}, {"Old Town", 1.5}, {"Hillside", 1.15}, {"Station", 0.9}, {"Meadows", 1}}
	for range rows {
		area := 35 + w.below(180)
		rooms := max(1, area/28+w.below(3)-1)
		year := 1900 + w.below(120)
		distance := float64(w.below(200)) / 10
		district, garden := districts[w.below(len(districts))], w.below(3) == 0
		price := (1800*float64(area) + 6000*float64(rooms) + 350*float64(year-1900)) * district.factor * math.Exp(-distance/40)
		if garden {
			price += 22000
		}
		price *= 1 + w.normal(0.06)
		yearText := fmt.Sprint(year)
		if w.below(50) == 0 {
			yearText = ""
		}
		fmt.Fprintf(&b, "%d,%d,%s,%.1f,%s,%t,%.0f\n", area, rooms, yearText, distance, district.name, garden, price)
	}
	return sampleMeta("House Prices", "house-prices.csv", "2,000 invented sales of houses. Price is what they were sold for: for regression."), &b
}

// shopVisits are for clustering: four kinds of customer.
func shopVisits() (Meta, io.Reader) {
	const rows = 1200
	w := &writer{state: 303}
	var b bytes.Buffer
	b.WriteString("VisitsPerMonth,BasketValue,MinutesPerVisit,EveningShare\n")
	kinds := [...][4]float64{{2, 95, 55, 0.2}, {12, 18, 12, 0.65}, {5, 45, 30, 0.4}, {20, 8, 5, 0.1}}
	for range rows {
		k := kinds[w.below(len(kinds))]
		share := math.Min(1, math.Max(0, k[3]+w.normal(0.07)))
		fmt.Fprintf(&b, "%.1f,%.2f,%.1f,%.2f\n", math.Max(0.1, k[0]*(1+w.normal(0.15))), math.Max(1, k[1]*(1+w.normal(0.15))), math.Max(1, k[2]*(1+w.normal(0.15))), share)
	}
	return sampleMeta("Shop Visits", "shop-visits.csv", "1,200 invented customers of a shop, of four kinds that nothing tells apart but their habits: for clustering."), &b
}

// normal draws a number around 0 with that deviation: a sum of twelve, which no library changes.
func (w *writer) normal(deviation float64) float64 {
	sum := 0
	const steps = 1 << 20
	for range 12 {
		sum += w.below(steps)
	}
	return (float64(sum)/steps - 6) * deviation
}
