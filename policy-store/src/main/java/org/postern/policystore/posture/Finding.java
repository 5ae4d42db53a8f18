package org.postern.policystore.posture;

import org.postern.policystore.Truth;

/// What one requirement of a profile came to.
///
/// @param requirement its word, as in the configuration
/// @param truth whether it holds
/// @param text in words, such as `disk encryption is off`; says which fact is missing when unknown
public record Finding(String requirement, Truth truth, String text) {}
