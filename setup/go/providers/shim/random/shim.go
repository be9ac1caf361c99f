// Package shim opens the Terraform Random provider to other modules: Go lets only import paths below the provider's own
// reach its internal package.
package shim

import (
	"github.com/hashicorp/terraform-plugin-framework/provider"
	internal "github.com/terraform-providers/terraform-provider-random/internal/provider"
)

// New makes the provider.
func New() provider.Provider { return internal.New() }
