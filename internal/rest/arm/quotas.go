package arm

import (
	"context"
	"net/http"
	"time"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/policy/limits"
	"portico/internal/rest"
)

// Quotas reads and sets the counters of quota-by-key; limits.Counters is one.
type Quotas interface {
	// Get gives the counter of a key; fault.NotFound where nothing was counted.
	Get(ctx context.Context, key string) (limits.Counter, error)
	// Set makes the counter say so much; nil leaves what it has.
	Set(ctx context.Context, key string, calls *int64, kilobytes *float64) (limits.Counter, error)
}

// quotaRoutes are the quotas by counter key and by period (apim.md 4).
func (a *api) quotaRoutes() []rest.Route {
	const byKey = "/quotas/{quotaCounterKey}"
	const byPeriod = byKey + "/periods/{quotaPeriodKey}"
	return []rest.Route{
		a.route(http.MethodGet, byKey, access.ReadCatalog, a.readQuota(false)),
		a.route(http.MethodPatch, byKey, access.WriteCatalog, a.setQuota(false)),
		a.route(http.MethodGet, byPeriod, access.ReadCatalog, a.readQuota(true)),
		a.route(http.MethodPatch, byPeriod, access.WriteCatalog, a.setQuota(true)),
	}
}

// quotaCounter is QuotaCounterContract.
type quotaCounter struct {
	CounterKey      string     `json:"counterKey"`
	PeriodKey       string     `json:"periodKey"`
	PeriodStartTime string     `json:"periodStartTime"`
	PeriodEndTime   string     `json:"periodEndTime"`
	Value           quotaValue `json:"value"`
}

// quotaValue is QuotaCounterValueContractProperties.
type quotaValue struct {
	CallsCount    int64   `json:"callsCount"`
	KBTransferred float64 `json:"kbTransferred"`
}

func (a *api) readQuota(ofPeriod bool) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
		c, err := a.Quotas.Get(r.Context(), r.PathValue("quotaCounterKey"))
		if err != nil {
			return err
		}
		return writeQuota(w, r, c, ofPeriod)
	}
}

// maxQuota bounds what a counter may be set to, so that nothing overflows.
const maxQuota = 1 << 50

func (a *api) setQuota(ofPeriod bool) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
		var body struct {
			Properties struct {
				CallsCount    *int64   `json:"callsCount"`
				KBTransferred *float64 `json:"kbTransferred"`
			} `json:"properties"`
		}
		if err := rest.DecodeJSON(r, &body); err != nil {
			return err
		}
		calls, kilobytes := body.Properties.CallsCount, body.Properties.KBTransferred
		bad := catalog.Incorrect()
		if calls != nil && (*calls < 0 || *calls > maxQuota) {
			bad.With(catalog.CodeValidation, "callsCount", "It must be a number from 0 to %d.", int64(maxQuota))
		}
		if kilobytes != nil && !(*kilobytes >= 0 && *kilobytes <= maxQuota/1024) {
			bad.With(catalog.CodeValidation, "kbTransferred", "It must be a number from 0 to %d.", int64(maxQuota/1024))
		}
		if err := bad.OrNil(); err != nil {
			return err
		}
		key := r.PathValue("quotaCounterKey")
		if ofPeriod { // only the period that is still counted can be set
			c, err := a.Quotas.Get(r.Context(), key)
			if err == nil {
				err = isPeriod(c, r.PathValue("quotaPeriodKey"))
			}
			if err != nil {
				return err
			}
		}
		c, err := a.Quotas.Set(r.Context(), key, calls, kilobytes)
		if err != nil {
			return err
		}
		return writeQuota(w, r, c, ofPeriod)
	}
}

func isPeriod(c limits.Counter, key string) error {
	if c.Period != key {
		return fault.New(fault.NotFound, "The period %q of the key %q is not counted; the current one is %q.", key, c.Key, c.Period)
	}
	return nil
}

// writeQuota answers with the counter, or with the list of the key's counters, which is one.
func writeQuota(w http.ResponseWriter, r *http.Request, c limits.Counter, ofPeriod bool) error {
	out := quotaCounter{CounterKey: c.Key, PeriodKey: c.Period, PeriodStartTime: c.Start.UTC().Format(time.RFC3339), PeriodEndTime: c.End.UTC().Format(time.RFC3339),
		Value: quotaValue{CallsCount: c.Calls, KBTransferred: c.Kilobytes}}
	if !ofPeriod {
		return rest.WriteJSON(w, http.StatusOK, map[string]any{"value": []quotaCounter{out}, "count": 1})
	}
	if err := isPeriod(c, r.PathValue("quotaPeriodKey")); err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, out)
}
