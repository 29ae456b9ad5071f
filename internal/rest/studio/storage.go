package studio

import (
	"context"
	"net/http"
	"strings"
	"time"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/rest"
)

// Storage is the workspace's storage account, as much of it as staff's pages need.
type Storage interface {
	AccountName() string
	// URL is the account's address at the storage listener.
	URL() string
	// ConnectionString holds the account's key.
	ConnectionString() string
	ContainerNames(ctx context.Context) ([]string, error)
	EnsureContainer(ctx context.Context, name string) error
	Location(container, name string) (base, relative string)
	// SignBlob gives a signature for one blob, with its question mark.
	SignBlob(container, name, permissions string, expiry time.Time) string
}

// storageView is the account on the page of a web service. It and the uploads are additions.
type storageView struct {
	AccountName      string   `json:"AccountName"`
	BlobEndpoint     string   `json:"BlobEndpoint"`
	Containers       []string `json:"Containers"`
	ConnectionString *string  `json:"ConnectionString"` // null for who may not see keys
}

func (s *server) getStorage(w http.ResponseWriter, r *http.Request, _ string, who access.Principal) error {
	names, err := s.Storage.ContainerNames(r.Context())
	if err != nil {
		return err
	}
	view := storageView{AccountName: s.Storage.AccountName(), BlobEndpoint: s.Storage.URL(), Containers: names}
	if access.May(who, access.ReadStudioKeys) {
		connection := s.Storage.ConnectionString()
		view.ConnectionString = &connection
	}
	return rest.WriteJSON(w, http.StatusOK, view)
}

// uploadContainer is where files go that are sent from a page, to be scored.
const uploadContainer = "uploads"

// uploadAge is how long a place for an upload is good.
const uploadAge = time.Hour

// uploadView is a place to put a file, and how a batch job names it.
type uploadView struct {
	// Address is where on this listener the file is to be PUT.
	Address string `json:"Address"`
	// Input is the reference for a batch job.
	Input struct {
		BaseLocation     string `json:"BaseLocation"`
		RelativeLocation string `json:"RelativeLocation"`
		SasBlobToken     string `json:"SasBlobToken"`
	} `json:"Input"`
}

// makeUpload gives a place in the storage account for a file that is to be
// scored: a page cannot reach the storage listener, which is another origin.
func (s *server) makeUpload(w http.ResponseWriter, r *http.Request, _ string, _ access.Principal) error {
	var in struct {
		Name string `json:"Name"`
	}
	if err := rest.DecodeJSON(r, &in); err != nil {
		return err
	}
	name := strings.TrimSpace(in.Name)
	if name == "" || len(name) > 200 || strings.ContainsAny(name, "/\\\x00") {
		return fault.New(fault.Invalid, "Name is %q; it must be a file's name of 1 to 200 bytes without a slash.", name)
	}
	if err := s.Storage.EnsureContainer(r.Context(), uploadContainer); err != nil {
		return err
	}
	blob := rest.RequestID(r.Context()) + "/" + name // no two uploads share a blob
	var view uploadView
	view.Input.BaseLocation, view.Input.RelativeLocation = s.Storage.Location(uploadContainer, blob)
	expiry := time.Now().Add(uploadAge)
	view.Input.SasBlobToken = s.Storage.SignBlob(uploadContainer, blob, "r", expiry.Add(24*time.Hour))
	view.Address = "/" + s.Storage.AccountName() + "/" + view.Input.RelativeLocation + s.Storage.SignBlob(uploadContainer, blob, "cw", expiry)
	return rest.WriteJSON(w, http.StatusOK, view)
}
