// A registry of images that asks for a password, for tests: the official one without the stores of clouds.
//
//	registry serve CONFIG
//	registry hash < PASSWORD
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/distribution/distribution/v3/registry"
	_ "github.com/distribution/distribution/v3/registry/auth/htpasswd"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/filesystem"
	"golang.org/x/crypto/bcrypt"
)

// hash prints what stands in a file of passwords for the one on standard input.
func hash() error {
	password, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	// The registry does it for each request.
	text, err := bcrypt.GenerateFromPassword(password, bcrypt.MinCost)
	fmt.Print(string(text))
	return err
}

func main() {
	run := registry.RootCmd.Execute
	if len(os.Args) == 2 && os.Args[1] == "hash" {
		run = hash
	}
	if err := run(); err != nil {
		os.Exit(1)
	}
}
