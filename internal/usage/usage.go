// Package usage keeps what was called: one record a call, taken without ever
// delaying it, rolled up for reports and kept singly within a budget.
package usage

import "time"

// Call is the record of one call, with the fields of the reports (apim.md 5.3).
type Call struct {
	Time           time.Time // when it arrived
	RequestID      string
	Listener       string // "gateway" or "scoring"
	API            string // ids; empty where the call matched none
	Operation      string
	Product        string
	Subscription   string
	User           string
	Method         string
	URL            string // path and query, keys removed
	IP             string
	Status         int
	BackendStatus  int // 0 where no backend was called
	Cache          string
	RequestBytes   int64
	ResponseBytes  int64
	Elapsed        time.Duration
	BackendElapsed time.Duration
}

// Recorder takes records. Record never blocks; what does not fit is counted as dropped.
type Recorder interface{ Record(Call) }
