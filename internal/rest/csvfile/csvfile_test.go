package csvfile

import (
	"net/http/httptest"
	"testing"
	"time"
)

func TestWrite(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	type kind string
	type row struct {
		Name   string     `json:"name,omitempty"`
		Calls  int64      `json:"calls"`
		Time   *time.Time `json:"time,omitempty"`
		Kind   kind       `json:"kind"`
		Mean   float64    `json:"mean"`
		Hidden string     `json:"-"`
		Other  string
	}
	w := httptest.NewRecorder()
	if err := Write(w, "byApi", []row{
		{Name: "=cmd|' /C calc'!A0", Calls: 3, Time: &at, Kind: "+k", Mean: 1.5, Hidden: "x"},
		{Name: `a "b", c`, Kind: "-1"}, {Name: "@sum", Kind: "\tx"}, {Name: "\rx", Kind: "a=b"},
	}); err != nil {
		t.Fatal(err)
	}
	const want = "name,calls,time,kind,mean\r\n'=cmd|' /C calc'!A0,3,2026-01-02T03:04:05Z,'+k,1.5\r\n\"a \"\"b\"\", c\",0,,'-1,0\r\n'@sum,0,,'\tx,0\r\n\"'x\",0,,a=b,0\r\n"
	if w.Body.String() != want || w.Header().Get("Content-Type") != "text/csv; charset=utf-8" || w.Header().Get("Content-Disposition") != `attachment; filename="byApi.csv"` {
		t.Errorf("got %q %v, want %q", w.Body, w.Header(), want)
	}
}
