package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Ready is what a server writes once all listeners accept (design, section 4):
// to ready.json in the data folder, for the commands, and to --ready-file. Its
// token is valid for this process only, so the file has mode 0600.
type Ready struct {
	Gateway                 string     `json:"gateway"`
	Console                 string     `json:"console"`
	Scoring                 string     `json:"scoring"`
	Portal                  string     `json:"portal"`
	Storage                 string     `json:"storage"`
	CAFile                  string     `json:"caFile,omitempty"`
	ServiceID               string     `json:"serviceId"`
	WorkspaceID             string     `json:"workspaceId"`
	AdminToken              string     `json:"adminToken"`
	StorageConnectionString string     `json:"storageConnectionString"`
	PID                     int        `json:"pid"`
	Demo                    *DemoReady `json:"demo,omitempty"`
}

// DemoReady is what --demo made.
type DemoReady struct {
	Workspace       string `json:"workspace"`
	Service         string `json:"service"`
	APIKey          string `json:"apiKey"`
	SubscriptionKey string `json:"subscriptionKey"` // to Unlimited
	StarterKey      string `json:"starterKey"`
	APIPath         string `json:"apiPath"`

	helpPage string
}

// write puts r into the file, whole or not at all.
func (r *Ready) write(file string) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // a URL may hold "&", and scripts cut values out as they stand
	e.SetIndent("", "  ")
	if err := e.Encode(r); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(file), ".ready-*") // mode 0600
	if err != nil {
		return fmt.Errorf("write the ready file: %w", err)
	}
	_, err = b.WriteTo(tmp)
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), file)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write the ready file %s: %w", file, err), os.Remove(tmp.Name()))
	}
	return nil
}

// ReadReady reads a ready file; os.ErrNotExist is in the chain where there is none.
func ReadReady(file string) (*Ready, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var r Ready
	if err := json.Unmarshal(b, &r); err != nil {
		return nil, fmt.Errorf("%s is not a ready file: %w", file, err)
	}
	return &r, nil
}
