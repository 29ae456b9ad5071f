package server

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"

	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/secret"
)

// credential is an account's name and its key.
type credential struct {
	account string
	text    string // the key as clients have it: base64 of 64 bytes
	key     []byte
}

// sealPurpose is that of the account's key at rest.
const sealPurpose = "storage account key"

// accountRecord is what is kept of an account.
type accountRecord struct {
	Key string `json:"key"` // sealed
}

// maxAccountName is Azure's limit: 3 to 24 lower-case letters and digits.
const maxAccountName = 24

// AccountName is the name of a workspace's storage account.
func AccountName(workspace string) string {
	name := "portico" + workspace
	return name[:min(len(name), maxAccountName)]
}

// loadCredential reads the account's key. Where there is none it draws and keeps one.
func loadCredential(ctx context.Context, records record.Store, keeper *secret.Keeper, account string) (credential, error) {
	path := record.Path("storageAccounts", account)
	kept, _, err := record.Get[accountRecord](ctx, records, path)
	if fault.Is(err, fault.NotFound) {
		text := secret.APIKey()
		_, err = records.Apply(ctx, record.PutOf(path, accountRecord{Key: keeper.Seal(sealPurpose, text)}, "-"))
		if err == nil {
			return newCredential(account, text)
		}
		if fault.Is(err, fault.Conflict) { // another process was first
			kept, _, err = record.Get[accountRecord](ctx, records, path)
		}
	}
	if err != nil {
		return credential{}, fmt.Errorf("the storage account's key: %w", err)
	}
	text, err := keeper.Open(sealPurpose, kept.Key)
	if err != nil {
		return credential{}, fmt.Errorf("the storage account's key: %w", err)
	}
	return newCredential(account, text)
}

func newCredential(account, text string) (credential, error) {
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return credential{}, fmt.Errorf("the storage account's key: %w", err)
	}
	return credential{account: account, text: text, key: key}, nil
}

// sign gives the base64 signature of a string-to-sign.
func (c credential) sign(stringToSign string) string {
	return base64.StdEncoding.EncodeToString(c.mac(stringToSign))
}

// signed tells whether a signature is that of a string-to-sign, in a time that does not depend on where they differ.
func (c credential) signed(stringToSign, signature string) bool {
	given, err := base64.StdEncoding.DecodeString(signature)
	return err == nil && hmac.Equal(given, c.mac(stringToSign))
}

func (c credential) mac(stringToSign string) []byte {
	m := hmac.New(sha256.New, c.key)
	m.Write([]byte(stringToSign))
	return m.Sum(nil)
}
