// Package shim opens the Terraform Docker provider to other modules: Go lets only import paths below the provider's own
// reach its internal package.
package shim

import (
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/terraform-providers/terraform-provider-docker/internal/provider"
)

// New makes the provider, which tells version to the registries it talks to.
func New(version string) *schema.Provider { return provider.New(version)() }
