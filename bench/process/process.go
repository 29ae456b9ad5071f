// Package process is what the benchmarks know of programs that run: what they
// use, and what Portico says when it is ready.
package process

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// Ready is what the benchmarks need of Portico's ready file.
type Ready struct {
	Gateway    string `json:"gateway"`
	Console    string `json:"console"`
	Scoring    string `json:"scoring"`
	ServiceID  string `json:"serviceId"`
	AdminToken string `json:"adminToken"`
	Storage    string `json:"storageConnectionString"`
	Demo       struct {
		Workspace       string `json:"workspace"`
		Service         string `json:"service"`
		APIKey          string `json:"apiKey"`
		SubscriptionKey string `json:"subscriptionKey"`
		APIPath         string `json:"apiPath"`
	} `json:"demo"`
}

// CPU is the user and system time that a process has used.
func CPU(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	_, after, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(after)
	if len(fields) < 13 {
		return 0, errors.New("/proc/PID/stat has another form than expected")
	}
	var total time.Duration
	for _, field := range fields[11:13] { // utime and stime
		ticks, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, err
		}
		total += time.Duration(ticks) * 10 * time.Millisecond // USER_HZ is 100 on every Linux that Go runs on
	}
	return total, nil
}
